#include "support/simulation/clinic_life.hpp"

#include "support/simulation/calendar.hpp"

#include <utility>

namespace punctual::test {
namespace {

using namespace std::chrono_literals;
using domain::appointment_status;

constexpr int patient_count = 5;
constexpr int psychologist_count = 2;
constexpr std::size_t most_appointments = 14;

}  // namespace

clinic_life::clinic_life(dice& random, memory_database& rows, far_end& far, const net::clock& true_time, trace& log,
                         std::optional<wall_time> night)
    : random_{random}, rows_{rows}, far_{far}, true_time_{true_time}, log_{log}, night_{night} {
    for (int i = 0; i < patient_count + psychologist_count; ++i) {
        domain::person who;
        const auto number = std::to_string(i);
        who.role = i < patient_count ? domain::role::patient : domain::role::psychologist;
        who.full_name = "Person " + number;
        who.email = "person" + number + "@example.com";
        who.phone = "+6141234567" + number;
        who.texts_enabled = !random_.one_in(4);
        who.email_enabled = !random_.one_in(10);
        who.time_zone = known_zones[random_.below(known_zones.size())];
        (i < patient_count ? patients_ : psychologists_).push_back(rows_.add_person(who));
    }
}

domain::person_id clinic_life::some_patient() {
    return patients_[random_.below(patients_.size())];
}

// From now to a start: minutes, hours or days.
std::chrono::minutes clinic_life::lead() {
    switch (random_.below(4)) {
        case 0:
            return random_.between(std::chrono::minutes{1}, std::chrono::minutes{90});
        case 1:
            return random_.between(std::chrono::minutes{60}, std::chrono::minutes{36 * 60});
        default:
            return random_.between(std::chrono::minutes{24 * 60}, std::chrono::minutes{10 * 24 * 60});
    }
}

// Around an odd night as soon as it is near: from its evening to the evening after, so that every reminder crosses it
// in some visit.
wall_time clinic_life::some_start() {
    const auto now = std::chrono::floor<std::chrono::minutes>(true_time_.wall_now());
    if (night_ && *night_ > now + std::chrono::hours{6} && *night_ < now + std::chrono::days{9} && random_.one_in(2)) {
        return *night_ + 15min * (static_cast<std::int64_t>(random_.below(4 * 34)) - 4 * 6);
    }
    return now + lead();
}

void clinic_life::commit(domain::appointment_id id, domain::appointment_image image) {
    log_.add("edit " + std::to_string(id));
    rows_.change_to(id, std::move(image), true_time_.wall_now());
    far_.edited(id);
}

void clinic_life::book() {
    domain::appointment_image image;
    image.what.starts_at = some_start();
    image.what.duration = 50min;
    image.what.session_type = random_.one_in(4) ? domain::session_type::in_person : domain::session_type::telehealth;
    image.patient = some_patient();
    image.psychologist = psychologists_[random_.below(psychologists_.size())];
    const auto id = rows_.book(image, true_time_.wall_now());
    log_.add("book " + std::to_string(id));
    far_.edited(id);
}

void clinic_life::move(domain::appointment_id id) {
    auto image = rows_.appointments.at(id);
    const auto back = image;
    image.what.starts_at = some_start();
    commit(id, image);
    if (random_.one_in(4)) {
        commit(id, back);
    }
}

void clinic_life::cancel(domain::appointment_id id) {
    if (random_.one_in(3)) {
        log_.add("delete " + std::to_string(id));
        rows_.remove(id, true_time_.wall_now());
        far_.edited(id);
        return;
    }
    change_status(id, appointment_status::cancelled);
    if (random_.one_in(5)) {
        change_status(id, appointment_status::scheduled);
    }
}

void clinic_life::change_status(domain::appointment_id id, appointment_status status) {
    auto image = rows_.appointments.at(id);
    image.status = status;
    commit(id, std::move(image));
}

void clinic_life::change_person() {
    const auto id = some_patient();
    auto& who = rows_.people.at(id);
    if (random_.one_in(2)) {
        who.texts_enabled = !who.texts_enabled;
    } else {
        who.email_enabled = !who.email_enabled;
    }
    log_.add("person " + std::to_string(id));
    far_.person_edited(id);
    rows_.person_changed(id, true_time_.wall_now());
}

void clinic_life::happen() {
    std::vector<domain::appointment_id> current;
    for (const auto& [id, image] : rows_.appointments) {
        if (image.what.ends_at() > true_time_.wall_now()) {
            current.push_back(id);
        }
    }
    const auto what = random_.below(10);
    if (current.empty() || what < 4) {
        if (current.size() < most_appointments) {
            book();
        }
        return;
    }
    const auto id = current[random_.below(current.size())];
    if (what < 7) {
        move(id);
    } else if (what == 7) {
        cancel(id);
    } else if (what == 8) {
        auto image = rows_.appointments.at(id);
        image.patient = some_patient();
        commit(id, std::move(image));
    } else {
        change_person();
    }
}

}  // namespace punctual::test
