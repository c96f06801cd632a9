// The adapter for the clinic's live tables: the same store, other tables.

#include "support/store_fixture.hpp"

#include <gmock/gmock.h>

namespace punctual::test {
namespace {

using namespace std::chrono_literals;
using domain::kind;

constexpr std::string_view tables = R"sql(
create table users_user (id serial primary key, password varchar(128) not null default '', last_login timestamptz,
    email varchar(254) not null, first_name varchar(150) not null, last_name varchar(150) not null,
    phone_number varchar(20), role varchar(20) not null, state varchar(3) not null default '',
    is_active boolean not null default true);
create table users_patientprofile (id serial primary key, user_id int not null unique references users_user,
    email_notifications_enabled boolean not null default true, sms_notifications_enabled boolean not null default false,
    appointment_reminders_enabled boolean not null default true, medical_notes text not null default '');
create table services_psychologist_profile (id serial primary key, user_id int not null unique references users_user,
    practice_name varchar(200) not null default '', practice_address text not null default '',
    telehealth_available boolean not null default true);
create table appointments_appointment (id serial primary key, patient_id int not null references users_user,
    psychologist_id int not null references users_user, service_id int, appointment_date timestamptz not null,
    duration_minutes int not null, status varchar(20) not null, session_type varchar(20) not null,
    notes text not null default '', video_room_id varchar(100) not null default '', completed_at timestamptz,
    cancelled_at timestamptz, rescheduled_at timestamptz, cancellation_reason text not null default '',
    reschedule_reason text not null default '', created_at timestamptz not null default now(),
    updated_at timestamptz not null default now());
)sql";

constexpr std::string_view django_people = R"sql(
insert into users_user (email, first_name, last_name, phone_number, role, state) values
    ('pat@example.com', 'Pat', 'Ient', '0412 345 678', 'patient', 'WA'),
    ('psy@example.com', 'Psy', 'Cho', null, 'psychologist', 'NSW');
insert into users_patientprofile (user_id, sms_notifications_enabled, appointment_reminders_enabled)
    values (1, true, false);
insert into services_psychologist_profile (user_id, practice_name, practice_address) values (2, 'Calm', '1 High St');
)sql";

class store_django : public store_fixture {
protected:
    store_django() : store_fixture{net::adapter::django, tables, django_people} {}

    domain::appointment_id add(std::string_view type = "telehealth") {
        return std::stoll(
            psql("insert into appointments_appointment (patient_id, psychologist_id, appointment_date, "
                 "duration_minutes, status, session_type) values (1, 2, date_trunc('second', now()) + "
                 "interval '2 days', 50, 'scheduled', '" +
                 std::string{type} + "') returning id"));
    }
};

TEST_F(store_django, has_the_schema_that_the_program_needs) {
    const auto checked = run(store->check_schema(soon()));
    EXPECT_TRUE(checked) << checked.error().message();
}

TEST_F(store_django, maps_people_and_appointments) {
    const auto id = add("in_person");
    const auto claimed = claim({planned(id, domain::reminder_kind(0))});
    ASSERT_EQ(claimed.size(), 1U);
    EXPECT_EQ(claimed[0].recipient.full_name, "Pat Ient");
    EXPECT_EQ(claimed[0].recipient.time_zone, "Australia/Perth");
    EXPECT_TRUE(claimed[0].recipient.texts_enabled);
    EXPECT_FALSE(claimed[0].recipient.reminders_enabled);
    EXPECT_EQ(claimed[0].psychologist_name, "Psy Cho");
    EXPECT_EQ(claimed[0].what.location, "Calm, 1 High St");
    EXPECT_EQ(claimed[0].what.duration, 50min);
    EXPECT_EQ(claimed[0].room_name, "");
}

TEST_F(store_django, follows_changes_like_any_other) {
    auto at = mark();
    const auto id = add();
    psql("update appointments_appointment set notes = 'secret', video_room_id = ''");
    auto changes = look(at);
    ASSERT_EQ(changes.size(), 1U);
    EXPECT_EQ(changes[0].appointment, id);
    EXPECT_EQ(changes[0].version, 1);
    EXPECT_EQ(changes[0].change_ids.size(), 1U);
    psql(
        "update appointments_appointment set appointment_date = appointment_date + interval '1 hour'; "
        "update appointments_appointment set status = 'cancelled'");
    changes = look(at);
    ASSERT_EQ(changes.size(), 1U);
    EXPECT_EQ(changes[0].version, 3);
    psql("truncate appointments_appointment");
    changes = look(at);
    ASSERT_EQ(changes.size(), 1U);
    EXPECT_FALSE(changes[0].now);
}

TEST_F(store_django, writes_the_room_s_name_where_django_looks_for_it) {
    const auto id = add();
    const auto found = must(run(store->find_appointment(id, soon())));
    ASSERT_TRUE(found);
    EXPECT_THAT(found->room_name, testing::StartsWith("apt-"));
    EXPECT_EQ(psql("select video_room_id from appointments_appointment"), found->room_name);
    EXPECT_EQ(psql("select count(*) from punctual.change where appointment_id is not null"), "1");
}

TEST_F(store_django, keeps_the_name_that_the_old_system_gave) {
    auto at = mark();
    const auto id = add();
    psql("update appointments_appointment set video_room_id = 'apt-1-2-abcdef01'");
    net::settlement what;
    for (const auto& change : look(at)) {
        what.entries.push_back(told_now(change));
    }
    what.deliveries.push_back(planned(id, kind::confirmation));
    const auto claimed = must(run(store->settle(std::move(what), lease(), soon())));
    ASSERT_EQ(claimed.size(), 1U);
    EXPECT_EQ(claimed[0].room_name, "apt-1-2-abcdef01");
}

TEST_F(store_django, completes_with_the_time_that_django_keeps) {
    const auto id = add();
    psql("update appointments_appointment set appointment_date = now() - interval '1 hour'");
    EXPECT_TRUE(must(run(store->complete_appointment(id, soon()))));
    EXPECT_EQ(psql("select status, completed_at is not null from appointments_appointment"), "completed|t");
}

TEST_F(store_django, a_login_is_no_change_of_a_person) {
    auto at = mark();
    look(at);
    people.clear();
    psql("update users_user set last_login = now()");
    look(at);
    EXPECT_TRUE(people.empty());
    psql(
        "update users_user set phone_number = '1' where id = 2; "
        "update users_patientprofile set sms_notifications_enabled = false; "
        "update users_patientprofile set medical_notes = 'x'");
    look(at);
    EXPECT_THAT(people, testing::UnorderedElementsAre(1, 2));
}

}  // namespace
}  // namespace punctual::test
