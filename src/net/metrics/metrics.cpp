#include "net/metrics/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <utility>

namespace punctual::net {
namespace {

class prometheus_counter final : public counter {
public:
    explicit prometheus_counter(prometheus::Counter& target) : target_{target} {}
    void add(double by) override { target_.Increment(by); }

private:
    prometheus::Counter& target_;
};

class prometheus_gauge final : public gauge {
public:
    explicit prometheus_gauge(prometheus::Gauge& target) : target_{target} {}
    void set(double value) override { target_.Set(value); }

private:
    prometheus::Gauge& target_;
};

class prometheus_histogram final : public histogram {
public:
    explicit prometheus_histogram(prometheus::Histogram& target) : target_{target} {}
    void observe(double value) override { target_.Observe(value); }

private:
    prometheus::Histogram& target_;
};

class prometheus_metrics final : public metrics {
public:
    counter& make_counter(const std::string& name, const std::string& help, const labels& with) override {
        auto& slot = counters_[{name, with}];
        if (!slot) {
            auto& family = prometheus::BuildCounter().Name(name).Help(help).Register(registry_);
            slot = std::make_unique<prometheus_counter>(family.Add(with));
        }
        return *slot;
    }

    gauge& make_gauge(const std::string& name, const std::string& help, const labels& with) override {
        auto& slot = gauges_[{name, with}];
        if (!slot) {
            auto& family = prometheus::BuildGauge().Name(name).Help(help).Register(registry_);
            slot = std::make_unique<prometheus_gauge>(family.Add(with));
        }
        return *slot;
    }

    histogram& make_histogram(const std::string& name, const std::string& help, std::vector<double> bounds,
                              const labels& with) override {
        auto& slot = histograms_[{name, with}];
        if (!slot) {
            auto& family = prometheus::BuildHistogram().Name(name).Help(help).Register(registry_);
            slot = std::make_unique<prometheus_histogram>(family.Add(with, std::move(bounds)));
        }
        return *slot;
    }

    std::string text() const override { return prometheus::TextSerializer{}.Serialize(registry_.Collect()); }

private:
    using key = std::pair<std::string, labels>;

    prometheus::Registry registry_;
    std::map<key, std::unique_ptr<counter>> counters_;
    std::map<key, std::unique_ptr<gauge>> gauges_;
    std::map<key, std::unique_ptr<histogram>> histograms_;
};

}  // namespace

std::unique_ptr<metrics> make_metrics() {
    return std::make_unique<prometheus_metrics>();
}

}  // namespace punctual::net
