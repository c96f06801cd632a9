#include "net/postgres/pipeline.hpp"

#include "net/postgres/row_set_data.hpp"
#include "net/postgres/server_error.hpp"

namespace punctual::net::postgres {

pipeline::taken pipeline::send(const std::shared_ptr<request>& one) {
    const text_key key{one->sql.data(), one->sql.size()};
    auto known = statements_[key];
    const bool preparing = !known;
    if (preparing) {
        // Never a name twice on a connection: a forgotten statement still exists on the server.
        known = std::make_shared<statement>("p" + std::to_string(++names_), std::nullopt);
        if (!libpq::send_prepare(on_.native(), known->name.c_str(), std::string{one->sql}.c_str())) {
            return taken::nothing;
        }
        statements_[key] = known;
    }
    const bool executing = libpq::send_prepared(on_.native(), known->name.c_str(), one->with.values());
    if (!executing && !preparing) {
        return taken::nothing;
    }
    one->sent = true;
    sent_.push_back({one, known, preparing, {}, {}});
    return executing && libpq::pipeline_sync(on_.native()) ? taken::all : taken::part;
}

int pipeline::flush() noexcept {
    return libpq::flush(on_.native());
}

result<> pipeline::take_answers() {
    // libpq gives a null after each statement's results; many in a row mean that it waits for nothing
    // while we wait for a sync.
    constexpr int too_many_nulls = 4;
    int nulls = 0;
    while (!sent_.empty() && !libpq::is_busy(on_.native())) {
        auto answer = libpq::get_result(on_.native());
        if (!answer) {
            if (++nulls == too_many_nulls) {
                return failure(postgres_errc::not_connected, "answers and statements are out of step");
            }
            continue;
        }
        nulls = 0;
        if (auto taken = take(std::move(answer)); !taken) {
            return taken;
        }
    }
    return {};
}

result<> pipeline::take(libpq::answer_ptr answer) {
    auto& first = sent_.front();
    switch (libpq::result_status(answer.get())) {
        case libpq::status::command_ok:
        case libpq::status::tuples_ok:
        case libpq::status::empty_query:
            if (first.preparing) {
                first.preparing = false;
            } else if (!first.rows) {
                first.rows.emplace(std::make_unique<row_set::data>(std::move(answer)));
            }
            return {};
        case libpq::status::error:
            take_error(first, server_error(answer.get()));
            return {};
        case libpq::status::pipeline_aborted:
            return {};
        case libpq::status::pipeline_sync:
            return finish_first();
        default:
            return failure(postgres_errc::not_connected, "a statement that cannot go through a pipeline");
    }
}

void pipeline::take_error(entry& at, error why) {
    if (at.refusal) {
        return;
    }
    const auto state = sqlstate(why);
    if (at.preparing) {
        at.prepared->refusal = why;
        forget(at);
    } else if (state == "26000") {
        // It was in the pipeline behind the one whose preparation failed (or a pooler changed servers).
        why = at.prepared->refusal.value_or(std::move(why));
        forget(at);
    } else if (state == "0A000") {
        // "cached plan must not change result type": the schema changed under the statement.
        forget(at);
    }
    at.refusal = std::move(why);
}

void pipeline::forget(const entry& of) {
    std::erase_if(statements_, [&](const auto& known) { return !known.second || known.second == of.prepared; });
}

result<> pipeline::finish_first() {
    auto done = std::move(sent_.front());
    sent_.pop_front();
    if (done.refusal) {
        const bool read_only = done.refusal->code == postgres_errc::not_writable;
        done.who->complete(std::unexpected{std::move(*done.refusal)});
        if (read_only) {
            return failure(postgres_errc::not_writable, "the server has become read-only");
        }
    } else if (done.rows) {
        done.who->complete(std::move(*done.rows));
    } else {
        done.who->complete(failure(postgres_errc::bad_result, "a sync without an answer before it"));
    }
    return {};
}

void pipeline::fail_all(const error& why) {
    for (auto& one : std::exchange(sent_, {})) {
        one.who->complete(std::unexpected{why});
    }
}

}  // namespace punctual::net::postgres
