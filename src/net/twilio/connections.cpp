#include "net/twilio/connections.hpp"

#include <utility>

namespace punctual::net::twilio {
namespace {

// Rooms are few: one at a time for an appointment, and a sweep.
constexpr std::size_t video_connections = 4;

}  // namespace

connections::connections(executor ex, connector& by, connection_options options, https::base_url api,
                         https::base_url video) {
    https::client_options for_api;
    for_api.to = std::move(api.to);
    for_api.connections = options.connections;
    for_api.connect_timeout = options.connect_timeout;
    api_ = https::make_client(ex, by, std::move(for_api));
    https::client_options for_video;
    for_video.to = std::move(video.to);
    for_video.connections = video_connections;
    for_video.connect_timeout = options.connect_timeout;
    video_ = https::make_client(ex, by, std::move(for_video));

    messenger_options messages{.who = options.who, .from = std::move(options.from), .path_prefix = std::move(api.path)};
    messenger_ = make_messenger(*api_, gate_, std::move(messages));
    rooms_options room{
        .who = std::move(options.who), .room = std::move(options.room), .path_prefix = std::move(video.path)};
    rooms_ = make_rooms(*video_, gate_, std::move(room));
}

void connections::close() {
    api_->close_idle(true);
    video_->close_idle(true);
}

result<std::unique_ptr<connections>> make_connections(executor ex, connector& by, connection_options options) {
    auto api = https::parse_base_url(options.api_base_url);
    if (!api) {
        return std::unexpected{error{api.error().code, "TWILIO_API_BASE_URL: " + api.error().detail}};
    }
    auto video = https::parse_base_url(options.video_base_url);
    if (!video) {
        return std::unexpected{error{video.error().code, "TWILIO_VIDEO_BASE_URL: " + video.error().detail}};
    }
    return std::make_unique<connections>(ex, by, std::move(options), std::move(*api), std::move(*video));
}

}  // namespace punctual::net::twilio
