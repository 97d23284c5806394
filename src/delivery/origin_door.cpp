// Where the origin lets newcomers in or tells them to wait.
#include <chrono>

#include "levee/delivery/origin.hpp"

#include "delivery/api.hpp"
#include "delivery/door.hpp"
#include "delivery/heads.hpp"

namespace levee::delivery {
namespace {

constexpr std::string_view kNoDescriptor = "this server can take no more viewers now\n";

}  // namespace

Reception Origin::meet(const RequestView& request, const Moment& moment) {
  const bool reads = request.method == Method::get || request.method == Method::head;
  if (!protects_ || !reads || request.tight) return {};
  const Target target = parse_target(request.target);
  if (target.kind != Target::Kind::multivariant || !target.token.empty()) return {};
  const auto stream = state_.shelf.find(target.stream);
  if (!stream || !is_listed(*stream)) return {};
  Reception reception;
  reception.refusal = ask_gate({target, request, moment, Patience::none, {}});
  reception.let_in = !reception.refusal;
  return reception;
}

bool Origin::newcomers_wait() const {
  return protects_ && state_.gate.grant().level >= admission::Level::wait;
}

std::optional<Response> Origin::ask_gate(const Call& call) {
  auto ticket = call.request.ticket != nullptr ? *call.request.ticket : std::nullopt;
  if (!ticket) ticket = shown_ticket(site_.tokens, query_value(call.target.query, "ticket"), call.moment);
  const auto wait = state_.gate.ask(ticket, call.moment.now, static_cast<std::uint32_t>(state_.random()));
  if (call.request.ticket != nullptr)
    *call.request.ticket = wait ? std::optional{wait->ticket} : std::nullopt;
  if (!wait) return std::nullopt;
  return ask_to_wait(RequestKind::multivariant, come_back(*wait, site_.tokens, call.moment));
}

Response Origin::ask_to_wait(RequestKind kind, ComeBack come_back) const {
  Response response;
  response.head = &heads_.come_back;
  response.body = Body{nullptr, as_bytes(kComeBackText)};
  response.kind = kind;
  response.come_back = come_back;
  return response;
}

Response Origin::send_to_door(RequestKind kind) {
  state_.strangers_refused.add();
  return ask_to_wait(kind, soon());
}

ComeBack Origin::soon() {
  ComeBack soon;
  soon.after = std::chrono::seconds{2 + static_cast<int>(state_.random() % 4U)};
  return soon;
}

Response Origin::no_descriptor_left(RequestKind kind) {
  state_.files_refused.add();
  Response response = ask_to_wait(kind, soon());
  response.body = Body{nullptr, as_bytes(kNoDescriptor)};
  response.close = true;
  return response;
}

std::optional<Response> Origin::refuse_upgrade(const RequestView& request, const Moment& moment) {
  if (request.tight) return no_descriptor_left(RequestKind::other);
  if (!newcomers_wait()) return std::nullopt;
  const auto wait = upgrades_.take(upgrade_rate(state_.gate.grant()), moment.now);
  if (wait == Duration::zero()) return std::nullopt;
  state_.upgrades_refused.add();
  ComeBack later;
  later.after = std::chrono::ceil<std::chrono::seconds>(wait) +
                std::chrono::seconds{static_cast<int>(state_.random() % 3U)};
  return ask_to_wait(RequestKind::other, later);
}

}  // namespace levee::delivery
