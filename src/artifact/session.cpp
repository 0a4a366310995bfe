#include "artifact/session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <thread>

#include "artifact/comparator.hpp"
#include "artifact/thing.hpp"
#include "base/text.hpp"
#include "digest/named_digest.hpp"

namespace assay::artifact {

namespace {

std::string base64(ByteView bytes) {
  static constexpr std::string_view k_alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) group = group << 8 | (i + k < bytes.size() ? bytes[i + k] : 0U);
    const auto digits = std::min<std::size_t>(bytes.size() - i, 3) + 1;
    for (std::size_t k = 0; k < digits; ++k) text += k_alphabet[group >> (18 - 6 * k) & 63];
  }
  return text;
}

/// Both alphabets of base64, with or without padding, in one form.
std::string canonical_digest(std::string_view text) {
  const bool hex = std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  });
  if (hex) return ascii_lower(text);
  std::string canonical;
  for (const auto c : text)
    if (c != '=') canonical += c == '-' ? '+' : c == '_' ? '/' : c;
  return canonical;
}

}  // namespace

void DerivedValues::enter(const std::string& path, const Content& a, const Content& b) {
  std::vector<std::pair<std::string, std::string>> values;
  for (const auto name : {DigestName::md5, DigestName::sha1, DigestName::sha256, DigestName::sha512}) {
    const auto left = named_digest(name, a.bytes());
    const auto right = named_digest(name, b.bytes());
    if (left.empty() || left == right) continue;
    values.emplace_back(to_hex(left), to_hex(right));
    values.emplace_back(base64(left), base64(right));
  }
  const std::lock_guard lock{m_mutex};
  const auto name = path.empty() ? std::string{k_whole_artifact} : path;
  // Of several with one value the first by path counts, whichever thread came first.
  const auto note = [&](auto& names, auto key) {
    const auto [slot, fresh] = names.emplace(std::move(key), name);
    if (!fresh && name < slot->second) slot->second = name;
  };
  for (auto& value : values) note(m_digests, std::move(value));
  if (a.size() != b.size()) note(m_sizes, std::pair{a.size(), b.size()});
}

void DerivedValues::enter_digest(const std::string& path, const std::string& before, const std::string& after) {
  if (before == after) return;
  const std::lock_guard lock{m_mutex};
  m_digests.emplace(std::pair{before, after}, path.empty() ? std::string{k_whole_artifact} : path);
}

std::string DerivedValues::find(std::string_view before, std::string_view after) const {
  const std::lock_guard lock{m_mutex};
  const auto found = m_digests.find(std::pair{canonical_digest(before), canonical_digest(after)});
  return found == m_digests.end() ? std::string{} : found->second;
}

std::string DerivedValues::find_size(std::uint64_t before, std::uint64_t after) const {
  const std::lock_guard lock{m_mutex};
  const auto found = m_sizes.find({before, after});
  return found == m_sizes.end() ? std::string{} : found->second;
}

void DerivedValues::enter_installed(const std::string& path, Installed before, Installed after) {
  if (before.bytes == after.bytes && before.kib == after.kib) return;
  const std::lock_guard lock{m_mutex};
  m_growths.push_back({path.empty() ? std::string{k_whole_artifact} : path, before, after});
}

std::string DerivedValues::find_growth(std::string_view described, std::uint64_t before, std::uint64_t after) const {
  const std::lock_guard lock{m_mutex};
  const auto package_of = [](std::string_view path) { return path.substr(0, path.rfind('!') + 1); };
  std::string found;
  for (const auto& growth : m_growths) {
    if (path_basename(growth.path.substr(growth.path.rfind('!') + 1)).starts_with("control.tar")) continue;
    // The description is a member of the archive, or of another in the same package.
    const bool whole = growth.path == k_whole_artifact;
    const bool within = whole || described.starts_with(growth.path + "!");
    const auto own = package_of(described);
    const bool beside = !own.empty() && package_of(own.substr(0, own.size() - 1)) == package_of(growth.path);
    if (!within && !beside) continue;
    if (after - before == growth.after.bytes - growth.before.bytes ||
        after - before == growth.after.kib - growth.before.kib)
      found = found.empty() ? growth.path : std::min(found, growth.path);
  }
  return found;
}

void Session::parallel(std::size_t count, const std::function<void(std::size_t)>& work) {
  std::atomic<std::size_t> next{0};
  std::mutex failure_mutex;
  std::exception_ptr failure;
  const auto loop = [&] {
    for (auto i = next++; i < count; i = next++) {
      try {
        work(i);
      } catch (...) {
        const std::lock_guard lock{failure_mutex};
        failure = std::current_exception();
        next = count;
      }
    }
  };
  std::vector<std::jthread> workers;
  while (workers.size() + 1 < count) {
    if (m_idle.fetch_sub(1) <= 0) {
      ++m_idle;
      break;
    }
    workers.emplace_back(loop);
  }
  loop();
  const auto borrowed = static_cast<int>(workers.size());
  workers.clear();
  m_idle += borrowed;
  if (failure) std::rethrow_exception(failure);
}

void Session::gap(std::string what, std::string reason, std::string remedy) {
  const std::lock_guard lock{m_mutex};
  m_coverage.add(what.empty() ? "the artifact itself" : std::move(what), std::move(reason), std::move(remedy));
}

void Session::dated(std::int64_t before, std::int64_t after) {
  const std::lock_guard lock{m_mutex};
  m_dates.members_before = std::max(m_dates.members_before, before);
  m_dates.members_after = std::max(m_dates.members_after, after);
}

Coverage Session::take_coverage() {
  std::sort(m_coverage.gaps.begin(), m_coverage.gaps.end(), [](const CoverageGap& x, const CoverageGap& y) {
    return std::tie(x.what, x.reason) < std::tie(y.what, y.reason);
  });
  const auto same = [](const CoverageGap& x, const CoverageGap& y) { return x.what == y.what && x.reason == y.reason; };
  m_coverage.gaps.erase(std::unique(m_coverage.gaps.begin(), m_coverage.gaps.end(), same), m_coverage.gaps.end());
  return std::move(m_coverage);
}

Node Session::compare(const Pair& pair) {
  looked_at(1);
  Node node;
  node.item.path = pair.path.to_string();
  node.item.depth = pair.depth;
  node.item.size_before = pair.a.size();
  node.item.size_after = pair.b.size();
  if (same_bytes(pair.a, pair.b)) {
    node.accounted = true;
    return node;
  }
  // The artifact itself has no path, but a name.
  const auto path = pair.path.parts().empty() ? ContainerPath{{pair.name}} : pair.path;
  node.item.impact =
      std::min(impact_of(path, pair.mode_a, pair.a.bytes()), impact_of(path, pair.mode_b, pair.b.bytes()));
  compare_with_table(pair, node);
  if (std::max(pair.a.size(), pair.b.size()) <= k_digest_bound) {
    m_derived.enter(node.item.path, pair.a, pair.b);
    node.item.sha256_before = to_hex(named_digest(DigestName::sha256, pair.a.bytes()));
    node.item.sha256_after = to_hex(named_digest(DigestName::sha256, pair.b.bytes()));
  }
  // The bytes differ: a node that has nothing to say, or did not look at all of it, must not pass for an explained one.
  if (node.empty() || !node.accounted) {
    auto change = make_change(Aspect::content, node.empty() ? "" : "elsewhere in it", {}, {});
    change.impact = node.item.impact;
    change.reason = "differs in bytes that no comparator could name";
    node.add(std::move(change));
  }
  for (auto& change : node.changes) {
    if (change.path.empty()) change.path = node.item.path;
    if (change.derived_from == "self") change.derived_from = node.item.path.empty() ? k_whole_artifact : node.item.path;
  }
  return node;
}

void Session::compare_with_table(const Pair& pair, Node& node) {
  const auto* left = comparator_for(pair.a, pair.other_name);
  const auto* right = comparator_for(pair.b, pair.name);
  if (left != right && !(left->generic && right->generic)) {
    node.item.status = ItemStatus::kind_changed;
    node.item.comparator = right->name;
    const auto before = thing_of(pair.a, pair.other_name);
    const auto after = thing_of(pair.b, pair.name);
    auto change = make_change(Aspect::kind, "", before, after);
    change.bytes = std::max(pair.a.size(), pair.b.size());
    change.impact = node.item.impact;
    node.add(std::move(change));
    node.note(fmt::format("was {} and is {}: not compared further", before, after));
    node.accounted = true;
    return;
  }
  const bool too_deep = pair.depth >= m_limits.max_nesting;
  if (too_deep)
    gap(escape_for_display(node.item.path), "nested too deep to be opened (limit nesting)", "--limit nesting=N");
  auto notes = node.item.notes;
  for (const auto& comparator : comparators()) {
    if (too_deep && !comparator.generic) continue;
    if (!comparator.reads(pair.a, pair.other_name) || !comparator.reads(pair.b, pair.name)) continue;
    node.item.comparator = comparator.name;
    if (comparator.compare(*this, pair, node)) return;
    notes = std::move(node.item.notes);
    auto item = std::move(node.item);
    node = Node{};
    node.item = std::move(item);
    node.item.notes = std::move(notes);
  }
}

}  // namespace assay::artifact
