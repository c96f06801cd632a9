// A row that the database refuses, as a trigger of the clinic's own would, in the feed of the whole daemon.

#include "support/clinic.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

namespace {

using namespace punctual;
using namespace std::chrono_literals;
using testing::HasSubstr;

class set_aside : public testing::Test {
protected:
    set_aside() : clinic_{""} {
        patient_ = clinic_.add_patient("Robin", false);
        psychologist_ = clinic_.add_psychologist(false);
        clinic_.start();
        clinic_.sql(
            "create table public.refused (appointment_id bigint);"
            "create function public.refuse() returns trigger language plpgsql as $$ begin "
            "if exists (select from public.refused r where r.appointment_id = new.appointment_id) then "
            "raise exception 'not this one'; end if; return new; end $$;"
            "create trigger refuse before insert or update on punctual.appointment_state "
            "for each row execute function public.refuse()");
    }
    // In one transaction with its refusal, beside others.
    std::string book_with_a_refused_one() {
        const auto one = "insert into punctual.appointment (patient_id, psychologist_id, starts_at) values (" +
                         std::to_string(patient_) + ", " + std::to_string(psychologist_) +
                         ", date_trunc('second', now()) + interval '3 days') returning id";
        clinic_.sql("begin; " + one + "; with a as (" + one + ") insert into public.refused select id from a; " + one +
                    "; commit");
        return clinic_.sql("select appointment_id from public.refused");
    }
    [[nodiscard]] std::string confirmations_of(const std::string& id) {
        return clinic_.sql("select count(*) from punctual.delivery where appointment_id = " + id);
    }

    test::clinic clinic_;
    std::int64_t patient_ = 0;
    std::int64_t psychologist_ = 0;
};

TEST_F(set_aside, confirms_what_stands_beside_and_behind_it_and_it_too_when_it_is_refused_no_more) {
    const auto odd = book_with_a_refused_one();
    ASSERT_TRUE(clinic_.arrives("confirmation", 4, 30s)) << clinic_.daemon().output();
    static_cast<void>(clinic_.book(patient_, psychologist_, 72h));
    ASSERT_TRUE(clinic_.arrives("confirmation", 6, 30s)) << clinic_.daemon().output();
    EXPECT_EQ(confirmations_of(odd), "0");
    EXPECT_THAT(clinic_.daemon().output(), HasSubstr("changes_set_aside"));
    EXPECT_THAT(clinic_.daemon().output(), HasSubstr("appointment=" + odd));
    const auto shown = clinic_.get("/metrics").body;
    EXPECT_THAT(shown, HasSubstr("punctual_rows_set_aside{of=\"changes\"} 1\n"));
    clinic_.sql("delete from public.refused");
    EXPECT_TRUE(clinic_.arrives("confirmation", 8, 60s)) << clinic_.daemon().output();
    EXPECT_EQ(confirmations_of(odd), "2");
}

}  // namespace
