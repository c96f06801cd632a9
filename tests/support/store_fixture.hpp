#pragma once
// A migrated private Postgres with a patient (1), a psychologist (2) and a manager (3), and a store on it.

#include "domain/policy.hpp"
#include "net/store/migrate.hpp"
#include "net/store/postgres_store.hpp"
#include "support/postgres_fixture.hpp"

#include <map>
#include <stdexcept>

namespace punctual::test {

class store_fixture : public postgres_fixture {
protected:
    using claimed_list = std::vector<domain::claimed_delivery>;

    explicit store_fixture(net::adapter which = net::adapter::standalone, std::string_view before = {},
                           std::string_view people = standalone_people) {
        if (!before.empty()) {
            server.psql(before);
        }
        const auto migrated = net::migrate(server.conninfo(), which);
        if (!migrated) {
            throw std::runtime_error{migrated.error().message()};
        }
        server.psql(people);
        start_client(options_for(server.conninfo()));
        store = net::make_postgres_store(*client, rules);
    }
    ~store_fixture() override { stop_client(); }

    static constexpr std::string_view standalone_people =
        "insert into punctual.person (full_name, email, phone, role, texts_enabled, time_zone) values "
        "('Pat Ient', 'pat@example.com', '0412 345 678', 'patient', true, 'Australia/Perth'), "
        "('Psy Cho', 'psy@example.com', null, 'psychologist', false, null), "
        "('Man Ager', null, null, 'practice_manager', false, null), "
        "('Other Psy', 'other@example.com', null, 'psychologist', false, null); "
        "update punctual.change set changed_at = changed_at - interval '1 hour'";

    std::string psql(std::string_view sql) { return server.psql(sql); }

    // Gives back the new appointment's id. Starts in two days on a whole second.
    domain::appointment_id book(std::string_view more = {}, std::string_view values = {}) {
        return std::stoll(psql("insert into punctual.appointment (patient_id, psychologist_id, starts_at" +
                               std::string{more} + ") values (1, 2, date_trunc('second', now()) + interval '2 days'" +
                               std::string{values} + ") returning id"));
    }

    static net::lease_terms lease(std::string instance = "one",
                                  std::chrono::seconds length = std::chrono::seconds{30}) {
        net::lease_terms terms;
        terms.instance = std::move(instance);
        terms.length = length;
        terms.granted_at = net::boot_now();
        return terms;
    }
    static deadline soon() { return within(std::chrono::seconds{20}); }

    net::feed_mark mark() {
        const auto now = std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
        return must(run(store->snapshot(
            now - std::chrono::hours{24}, now + std::chrono::days{400},
            [this](const domain::scheduled_visit& visit) { visits[visit.appointment] = visit; }, soon())));
    }
    // Looks until there is nothing more, by a page of `limit` rows.
    std::vector<domain::appointment_change> look(net::feed_mark& at, std::size_t limit = 500) {
        std::vector<domain::appointment_change> changes;
        bool more = true;
        while (more) {
            auto page = must(run(store->look(at, limit, soon())));
            std::ranges::move(page.changes, std::back_inserter(changes));
            std::ranges::copy(page.people, std::back_inserter(people));
            std::ranges::copy(page.refused, std::back_inserter(refused));
            more = page.more;
            at = page.next;
        }
        return changes;
    }
    static net::settlement::entry told_now(const domain::appointment_change& change) {
        return {change.appointment, change.version, change.change_ids, change.now ? change.now : change.told};
    }
    // Everything in the feed counts as told, and nothing is sent.
    void settle_all() {
        auto at = mark();
        net::settlement what;
        for (const auto& change : look(at)) {
            what.entries.push_back(told_now(change));
        }
        must(run(store->settle(std::move(what), lease(), soon())));
    }

    static domain::planned_delivery planned(domain::appointment_id id, domain::kind kind,
                                            domain::channel channel = domain::channel::email,
                                            std::int32_t version = 1) {
        const auto now = std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
        domain::planned_delivery one;
        one.appointment = id;
        one.version = version;
        one.kind = kind;
        one.channel = channel;
        one.due_at = now;
        one.useless_after = now + std::chrono::hours{1};
        return one;
    }
    claimed_list claim(std::vector<domain::planned_delivery> wanted, net::lease_terms terms = lease()) {
        return must(run(store->claim(std::move(wanted), std::move(terms), soon())));
    }
    claimed_list claim_retries(wall_time now, std::size_t limit = 100) {
        return must(run(store->claim_retries(all_channels, now, limit, lease("two"), soon())));
    }
    void record(domain::outcome what) {
        std::vector<domain::outcome> list;
        list.push_back(std::move(what));
        must_do(run(store->record(std::move(list), soon())));
    }
    static domain::outcome outcome(const domain::claimed_delivery& of, domain::delivery_state state) {
        domain::outcome made;
        made.id = of.id;
        made.state = state;
        made.attempts = of.attempts;
        made.claim = of.claim;
        made.at = std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
        return made;
    }
    std::string state_of(const domain::delivery_id& id) {
        return psql("select state from punctual.delivery where id = '" + id + "'");
    }

    template <class T>
    static T must(result<T> got) {
        if (!got) {
            throw std::runtime_error{got.error().message()};
        }
        return std::move(*got);
    }
    static void must_do(const result<>& got) {
        if (!got) {
            throw std::runtime_error{got.error().message()};
        }
    }

    const std::vector<domain::channel> all_channels{domain::channel::email, domain::channel::whatsapp,
                                                    domain::channel::sms};
    domain::policy rules = domain::default_policy();
    private_postgres server;
    std::unique_ptr<net::store> store;
    std::map<domain::appointment_id, domain::scheduled_visit> visits;
    std::vector<domain::person_id> people;
    std::vector<domain::appointment_id> refused;
};

}  // namespace punctual::test
