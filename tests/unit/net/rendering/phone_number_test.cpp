#include "net/rendering/phone_number.hpp"

#include <gtest/gtest.h>
#include <phonenumbers/phonenumberutil.h>

#include <set>

namespace punctual::net::rendering {
namespace {

struct phone_case {
    const char* written;
    const char* expected;  // E.164, or the fault
};

std::string outcome(std::string_view written, std::string_view region = "AU") {
    const auto number = parse_phone(written, region);
    if (number) {
        return *number;
    }
    switch (number.error()) {
        case phone_fault::missing:
            return "missing";
        case phone_fault::invalid:
            return "invalid";
        case phone_fault::landline:
            return "landline";
    }
    return "?";
}

class phones : public testing::TestWithParam<phone_case> {};

TEST_P(phones, are_read_as_people_write_them) {
    EXPECT_EQ(outcome(GetParam().written), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    australia, phones,
    testing::Values(phone_case{"0412 345 678", "+61412345678"}, phone_case{"+61412345678", "+61412345678"},
                    phone_case{"+61 (0)412 345 678", "+61412345678"}, phone_case{"0412-345-678", "+61412345678"},
                    phone_case{"0061 412 345 678", "invalid"}, phone_case{"0011 61 412 345 678", "+61412345678"},
                    phone_case{"61 412 345 678", "+61412345678"}, phone_case{"412345678", "+61412345678"},
                    phone_case{" 0412345678 ", "+61412345678"}, phone_case{"(02) 9374 4000", "landline"},
                    phone_case{"+61 2 9374 4000", "landline"}, phone_case{"1300 655 506", "landline"},
                    phone_case{"1800 801 920", "landline"}, phone_case{"+44 7911 123456", "+447911123456"},
                    phone_case{"+1 415 555 2671", "+14155552671"}, phone_case{"0412 345 67", "invalid"},
                    phone_case{"0412 345 6789", "invalid"}, phone_case{"000", "invalid"}, phone_case{"n/a", "invalid"},
                    phone_case{"", "missing"}, phone_case{"  \t", "missing"},
                    phone_case{"0412345678\r\nX: y", "invalid"}, phone_case{"0412 345 678 ext 12", "landline"}));

TEST(phone_number, depends_on_the_region_for_national_forms) {
    EXPECT_EQ(outcome("021 123 4567", "NZ"), "+64211234567");
    EXPECT_EQ(outcome("07911 123456", "GB"), "+447911123456");
}

TEST(phone_number, knows_which_regions_there_are) {
    EXPECT_TRUE(is_phone_region("AU"));
    EXPECT_FALSE(is_phone_region("XX"));
    EXPECT_FALSE(is_phone_region("au"));
    EXPECT_FALSE(is_phone_region("A"));
    EXPECT_FALSE(is_phone_region("C A"));
    EXPECT_FALSE(is_phone_region(""));
}

TEST(phone_number, knows_the_regions_that_the_library_knows) {
    std::set<std::string> known;
    i18n::phonenumbers::PhoneNumberUtil::GetInstance()->GetSupportedRegions(&known);
    std::set<std::string> ours;
    for (char first = 'A'; first <= 'Z'; ++first) {
        for (char second = 'A'; second <= 'Z'; ++second) {
            if (const std::string region{first, second}; is_phone_region(region)) {
                ours.insert(region);
            }
        }
    }
    EXPECT_EQ(ours, known);
}

}  // namespace
}  // namespace punctual::net::rendering
