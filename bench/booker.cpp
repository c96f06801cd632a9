// Books appointments one by one and says when each COMMIT had come back: the near end of "booking → mail".
// usage: booker CONNINFO FIRST_PATIENT COUNT GAP_MS PSYCHOLOGIST
// One line a booking: the patient's id, nanoseconds since 1970.

#include <libpq-fe.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

int main(int argc, char** argv) {
    if (argc != 6) {
        std::fputs("usage: booker CONNINFO FIRST_PATIENT COUNT GAP_MS PSYCHOLOGIST\n", stderr);
        return 2;
    }
    PGconn* link = PQconnectdb(argv[1]);
    const long first = std::atol(argv[2]);
    const long count = std::atol(argv[3]);
    const std::chrono::milliseconds gap{std::atol(argv[4])};
    PGresult* prepared = PQprepare(link, "book",
                                   "insert into punctual.appointment (patient_id, psychologist_id, starts_at) "
                                   "values ($1::bigint, $2::bigint, now() + interval '3 days')",
                                   2, nullptr);
    if (PQresultStatus(prepared) != PGRES_COMMAND_OK) {
        std::fputs(PQerrorMessage(link), stderr);
        return 1;
    }
    PQclear(prepared);
    auto next = std::chrono::steady_clock::now();
    for (long i = 0; i < count; ++i) {
        std::this_thread::sleep_until(next);
        next += gap;
        const auto patient = std::to_string(first + i);
        const std::array<const char*, 2> values{patient.c_str(), argv[5]};
        PGresult* done = PQexecPrepared(link, "book", 2, values.data(), nullptr, nullptr, 0);
        const auto at = std::chrono::system_clock::now().time_since_epoch();
        if (PQresultStatus(done) != PGRES_COMMAND_OK) {
            std::fputs(PQerrorMessage(link), stderr);
            return 1;
        }
        PQclear(done);
        std::printf("%ld %lld\n", first + i,
                    static_cast<long long>(std::chrono::duration_cast<std::chrono::nanoseconds>(at).count()));
    }
    PQfinish(link);
    return 0;
}
