#include "levee/admission/load_meter.hpp"

#include <gtest/gtest.h>

namespace levee::admission {
namespace {

using namespace std::chrono_literals;

constexpr Limits kLimits{.cpu = 0.9, .descriptors = 0.9};

/// What a viewer would take of an idle node when `viewers` take `load`: on a full one everything takes half
/// as much again.
double cost_of(double load, double viewers) { return load / viewers / (1 + 0.5 * load); }

Signals thousand_viewers(double cpu) {
  Signals signals;
  signals.incumbents = 1000;
  signals.cpu = cpu;
  return signals;
}

/// Measures the same ten times a second.
void measure_for(LoadMeter& meter, const Signals& signals, double seconds) {
  for (int i = 0; i < static_cast<int>(seconds * 10); ++i) meter.measure(signals, 0.1);
}

TEST(LoadMeter, AveragesTheBurstsOfParts) {
  LoadMeter meter{kLimits};
  Signals signals;
  for (int i = 0; i < 100; ++i) {
    signals.cpu = i % 5 == 0 ? 0.9 : 0;  // a part each 500 ms
    meter.measure(signals, 0.1);
    if (i > 20) {
      EXPECT_NEAR(meter.load(), 0.2, 0.03) << i;
    }
  }
}

TEST(LoadMeter, KnowsWhatAViewerAddsFromThoseThereAre) {
  LoadMeter meter{kLimits};
  Signals signals;
  EXPECT_NEAR(meter.cost(), 0.0005, 1e-9) << "not known: on the safe side";
  signals.incumbents = 1000;
  signals.cpu = 0.225;
  measure_for(meter, signals, 10);
  EXPECT_NEAR(meter.cost(), cost_of(0.25, 1000), 0.00001);
}

// A thousand viewers that take a quarter, and then a crowd at the door that takes all the rest.
LoadMeter under_siege(Signals& signals, double seconds) {
  LoadMeter meter{kLimits};
  signals.incumbents = 1000;
  signals.cpu = 0.225;
  measure_for(meter, signals, 10);
  signals.cpu = 1;
  signals.seen = 3000;
  measure_for(meter, signals, seconds);
  return meter;
}

TEST(LoadMeter, TakesTheWorkAtTheDoorForPassing) {
  Signals signals;
  const auto meter = under_siege(signals, 2);
  EXPECT_GT(meter.load(), 1);
  EXPECT_NEAR(meter.cost(), cost_of(0.25, 1000), 0.00002);
  EXPECT_LT(meter.lasting_load(), 0.5);
  EXPECT_GT(meter.room(), 1500);
}

TEST(LoadMeter, CountsWorkAtTheDoorThatLasts) {
  Signals signals;
  const auto meter = under_siege(signals, 40);
  EXPECT_GT(meter.lasting_load(), 1);
  EXPECT_EQ(meter.room(), 0);
}

TEST(LoadMeter, IsNotMisledByNewcomersOnALowerRung) {
  LoadMeter meter{kLimits};
  Signals signals = thousand_viewers(0.225);
  signals.egress_bytes_per_second = 500e6;
  measure_for(meter, signals, 10);
  signals.admitted = 100;
  for (int i = 0; i < 20; ++i) {  // two thousand, who cost and fetch a quarter of what they will
    signals.incumbents += 100;
    signals.cpu += 100 * 0.225 / 1000 / 4;
    signals.egress_bytes_per_second += 100 * 500e3 / 4;
    meter.measure(signals, 0.1, true);
  }
  EXPECT_NEAR(meter.viewers_load(), 1, 0.08) << "each costs a third more than before, for the node is full";
}

TEST(LoadMeter, CountsThoseLetInUntilTheyShow) {
  LoadMeter meter{kLimits};
  Signals signals;
  measure_for(meter, signals, 3);
  signals.admitted = 100;
  meter.measure(signals, 0.1);
  EXPECT_NEAR(meter.unproven(), 100, 1);
  signals.admitted = 0;
  double last = meter.unproven();
  for (int i = 0; i < 20; ++i) {
    meter.measure(signals, 0.1);
    EXPECT_LE(meter.unproven(), last);
    last = meter.unproven();
  }
  EXPECT_EQ(last, 0);
}

TEST(LoadMeter, LearnsWhatTheNetworkCarriesFromCongestion) {
  LoadMeter meter{kLimits};
  Signals signals;
  signals.cpu = 0.3;
  signals.egress_bytes_per_second = 1e9;
  measure_for(meter, signals, 3);
  EXPECT_NEAR(meter.load(), 0.33, 0.01);
  meter.congested();
  meter.measure(signals, 0.1);
  EXPECT_NEAR(meter.load(), 1.05, 0.02);
  measure_for(meter, signals, 60);
  EXPECT_LT(meter.load(), 1) << "after a minute without complaint it tries a little more";
}

TEST(LoadMeter, TakesDescriptorsForALoad) {
  LoadMeter meter{kLimits};
  Signals signals;
  signals.descriptors = 18'000;
  signals.descriptor_limit = 20'000;
  meter.measure(signals, 0.1);
  EXPECT_NEAR(meter.load(), 1, 0.001);
}

TEST(LoadMeter, SeesHowManyDescriptorsAViewerHolds) {
  LoadMeter meter{kLimits};
  Signals signals = thousand_viewers(0.03);
  signals.descriptor_limit = 20'000;
  signals.descriptors = 1'000;
  measure_for(meter, signals, 10);
  EXPECT_NEAR(meter.room(), 17'000, 10);
  signals.descriptors = 3'000;
  measure_for(meter, signals, 1);
  EXPECT_NEAR(meter.room(), 5'000, 10);
  signals.descriptors = 17'000;
  measure_for(meter, signals, 1);
  EXPECT_NEAR(meter.room(), 1'000.0 / 6, 1)
      << "a browser opens no more to a host; the rest is something else";
}

TEST(LoadMeter, DoesNotTakeDescriptorsForWhatAViewerCosts) {
  LoadMeter meter{kLimits};
  Signals signals = thousand_viewers(0.09);
  signals.descriptors = 2'000;
  signals.descriptor_limit = 20'000;
  measure_for(meter, signals, 20);
  EXPECT_NEAR(meter.cost(), cost_of(0.1, 1000), 0.00001);
  EXPECT_NEAR(meter.room(), 6000, 50) << "by the CPU; there are descriptors for 8,000";
}

TEST(LoadMeter, UnlearnsACostWhateverGoesOnAtTheDoor) {
  LoadMeter meter{kLimits};
  Signals signals = thousand_viewers(0.9);
  measure_for(meter, signals, 10);
  EXPECT_NEAR(meter.cost(), cost_of(1, 1000), 0.0001);
  signals.cpu = 0.45;  // with all that the door takes
  signals.seen = 2000;
  measure_for(meter, signals, 10);
  EXPECT_LT(meter.cost(), cost_of(0.55, 1000));
}

TEST(LoadMeter, DoesNotChargeViewersForADoorThatIsStuck) {
  LoadMeter meter{kLimits};
  Signals signals = thousand_viewers(0.225);
  measure_for(meter, signals, 10);
  signals.cpu = 1;
  signals.accept_age = 5s;  // and nobody is answered: nobody is seen
  measure_for(meter, signals, 20);
  EXPECT_NEAR(meter.cost(), cost_of(0.25, 1000), 0.00002);
}

TEST(LoadMeter, LearnsWhatNewcomersFetchAtOnce) {
  LoadMeter meter{kLimits};
  Signals signals = thousand_viewers(0.1);
  signals.egress_bytes_per_second = 500e6;
  measure_for(meter, signals, 10);
  signals.begun = 20;
  signals.begun_bytes = 20 * (8 + 5) * 500e3;  // eight seconds of media, and what they played meanwhile
  measure_for(meter, signals, 6);
  EXPECT_NEAR(meter.join_seconds(), 8, 0.2);
}

TEST(LoadMeter, KnowsThatViewersAreDearerOnAFullNode) {
  LoadMeter meter{kLimits};
  Signals signals = thousand_viewers(0.18);
  measure_for(meter, signals, 10);
  const double fit = 1000 + meter.room();
  EXPECT_LT(fit, 4000) << "of 5000 at today's cost";
  signals.incumbents = static_cast<std::size_t>(fit);
  signals.cpu = 0.9;
  measure_for(meter, signals, 10);
  EXPECT_NEAR(meter.room(), 0, 50);
}

// Fifty newcomers a second come to a thousand viewers, until `viewers` are there: what they take of the CPU,
// as a share of it, is `cpu(viewers)`, and each fetches 500 kB a second.
template <class Cpu>
LoadMeter after_growth(std::size_t viewers, Cpu cpu) {
  LoadMeter meter{kLimits};
  Signals signals = thousand_viewers(cpu(1000));
  signals.egress_bytes_per_second = 500e6;
  measure_for(meter, signals, 20);
  signals.admitted = 5;
  while (signals.incumbents < viewers) {
    signals.incumbents += 5;
    signals.cpu = cpu(static_cast<double>(signals.incumbents));
    signals.egress_bytes_per_second = 500e3 * static_cast<double>(signals.incumbents);
    meter.measure(signals, 0.1);
  }
  return meter;
}

TEST(LoadMeter, LearnsThatViewersAreNoDearerOnAFullerNode) {
  const auto meter = after_growth(5000, [](double viewers) { return 0.9 * viewers / 10'000; });
  EXPECT_NEAR(5000 + meter.room(), 10'000, 800);
}

TEST(LoadMeter, LearnsThatViewersAreDearerOnAFullerNode) {
  // load = viewers / 15,000 * (1 + load / 2): 10,000 make it full
  const auto meter = after_growth(5000, [](double viewers) {
    const double idle = viewers / 15'000;
    return 0.9 * idle / (1 - idle / 2);
  });
  EXPECT_NEAR(5000 + meter.room(), 10'000, 800);
}

TEST(LoadMeter, LearnsWhileManyComeThatViewersCostLess) {
  LoadMeter meter{kLimits};
  Signals signals = thousand_viewers(0.18);
  signals.egress_bytes_per_second = 500e6;
  measure_for(meter, signals, 30);
  const double before = meter.room();
  signals.admitted = 30;
  for (int i = 0; i < 50; ++i) {  // three hundred a second, at two thirds of that, who fill their buffers
    signals.incumbents += 30;
    signals.cpu += 30 * 0.12 / 1000;
    signals.egress_bytes_per_second = 700e3 * static_cast<double>(signals.incumbents);
    meter.measure(signals, 0.1);
  }
  EXPECT_GT(meter.room() + 1500, before) << "and not as many fewer as came";
}

TEST(LoadMeter, HasNoRoomNowForAsMuchAsIsUsedNow) {
  LoadMeter meter{kLimits};
  Signals signals = thousand_viewers(0.225);
  measure_for(meter, signals, 10);
  EXPECT_NEAR(meter.room_now(), meter.room(), 100);
  signals.cpu = 0.9;  // of beginnings: it will pass
  measure_for(meter, signals, 2);
  EXPECT_NEAR(meter.room_now(), 0, 0.001);
  EXPECT_GT(meter.room(), 500);
}

TEST(LoadMeter, CountsDepartures) {
  LoadMeter meter{kLimits};
  Signals signals;
  signals.incumbents = 10'000;
  meter.measure(signals, 0.1);
  for (int i = 0; i < 500; ++i) {
    signals.incumbents -= 10;
    meter.measure(signals, 0.1);
  }
  EXPECT_NEAR(meter.departures(), 100, 5);
}

}  // namespace
}  // namespace levee::admission
