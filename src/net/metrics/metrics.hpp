#pragma once
// Counters, gauges and histograms for /metrics (Prometheus text format 0.0.4). Names begin with
// punctual_; labels are from fixed sets (channel, kind, provider), never a person or an appointment.

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace punctual::net {

class counter {
public:
    virtual ~counter() = default;
    virtual void add(double by = 1) = 0;
};

class gauge {
public:
    virtual ~gauge() = default;
    virtual void set(double value) = 0;
};

class histogram {
public:
    virtual ~histogram() = default;
    virtual void observe(double value) = 0;
};

class metrics {
public:
    using labels = std::map<std::string, std::string>;

    virtual ~metrics() = default;
    // The references live as long as the metrics; the same name and labels give the same one.
    virtual counter& make_counter(const std::string& name, const std::string& help, const labels& with = {}) = 0;
    virtual gauge& make_gauge(const std::string& name, const std::string& help, const labels& with = {}) = 0;
    virtual histogram& make_histogram(const std::string& name, const std::string& help, std::vector<double> bounds,
                                      const labels& with = {}) = 0;
    [[nodiscard]] virtual std::string text() const = 0;
};

[[nodiscard]] std::unique_ptr<metrics> make_metrics();

}  // namespace punctual::net
