#include "artifact/sequence_diff.hpp"

#include <random>
#include <string>

#include "artifact/byte_diff.hpp"
#include "artifact/parts_diff.hpp"
#include "support/catch.hpp"

using namespace assay::artifact;

namespace {

/// What applying the hunks to `a` gives, taking what is new from `b`.
std::vector<std::uint64_t> applied(const std::vector<std::uint64_t>& a, const std::vector<std::uint64_t>& b,
                                   const std::vector<Hunk>& hunks) {
  std::vector<std::uint64_t> out;
  std::size_t at = 0;
  for (const auto& hunk : hunks) {
    out.insert(out.end(), a.begin() + static_cast<std::ptrdiff_t>(at),
               a.begin() + static_cast<std::ptrdiff_t>(hunk.a0));
    out.insert(out.end(), b.begin() + static_cast<std::ptrdiff_t>(hunk.b0),
               b.begin() + static_cast<std::ptrdiff_t>(hunk.b1));
    at = hunk.a1;
  }
  out.insert(out.end(), a.begin() + static_cast<std::ptrdiff_t>(at), a.end());
  return out;
}

}  // namespace

TEST_CASE("sequence diff: its hunks turn the first sequence into the second", "[artifact][diff]") {
  std::mt19937_64 random{1};
  for (int round = 0; round < 600; ++round) {
    const auto alphabet = 1 + random() % 20;
    std::vector<std::uint64_t> a(random() % 60), b;
    for (auto& symbol : a) symbol = random() % alphabet;
    for (const auto symbol : a) {
      if (random() % 6 == 0) continue;
      b.push_back(random() % 8 == 0 ? random() % alphabet : symbol);
      if (random() % 9 == 0) b.push_back(random() % alphabet);
    }
    CHECK(applied(a, b, diff_sequences(a, b)) == b);
  }
}

TEST_CASE("sequence diff: one changed symbol is one hunk of one symbol", "[artifact][diff]") {
  std::vector<std::uint64_t> a(1000);
  for (std::size_t i = 0; i < a.size(); ++i) a[i] = i % 7;
  auto b = a;
  b[500] = 99;
  CHECK(diff_sequences(a, b) == std::vector<Hunk>{{500, 501, 500, 501}});
}

TEST_CASE("sequence diff: sequences without anything in common are one hunk, soon", "[artifact][diff]") {
  std::vector<std::uint64_t> a(200'000, 1), b(200'000, 2);
  CHECK(diff_sequences(a, b) == std::vector<Hunk>{{0, a.size(), 0, b.size()}});
}

TEST_CASE("parts diff: what both texts share at their ends changes nothing but what it costs", "[artifact][diff]") {
  std::mt19937_64 random{17};
  const auto text = [&] {
    std::string lines;
    for (auto left = random() % 30; left > 0; --left) lines += "line " + std::to_string(random() % 6) + "\n";
    return lines + (random() % 2 == 0 ? "cut" : "");
  };
  for (int round = 0; round < 500; ++round) {
    const auto shared = text();
    const auto a = shared + text() + shared;
    const auto b = shared + text() + shared;
    const auto whole = diff_parts(lines_with_ends(a), lines_with_ends(b), {});
    const auto split = diff_split(a, b, '\n', {});
    INFO(a << "---\n" << b);
    CHECK(whole.view == split.view);
    REQUIRE(whole.changes.size() == split.changes.size());
    for (std::size_t i = 0; i < whole.changes.size(); ++i) {
      CHECK(whole.changes[i].place == split.changes[i].place);
      CHECK(whole.changes[i].before == split.changes[i].before);
      CHECK(whole.changes[i].after == split.changes[i].after);
    }
  }
}

TEST_CASE("parts diff: millions of empty parts are told without being taken apart", "[artifact][diff][hostile]") {
  const std::string zeros(20'000'000, '\0');
  CHECK(diff_bytes(zeros, zeros + "x", "").size() == 1);
  const auto other = diff_bytes("a" + zeros + "a", "b" + zeros + "bb", "");
  REQUIRE(other.size() == 1);
  CHECK(other[0].bytes == zeros.size() + 3);
}
