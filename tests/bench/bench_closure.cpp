// `bench_closure A B [ROUNDS] [SEED]`: is "these causes explain every byte" ever said of a bit that somebody flipped?
//
// A and B differ by known causes. In each round one bit at a random place of B is flipped and the pair compared again. Where
// the report still says that every byte is explained, the flip must show as a change of its own, and what it was taken for is
// listed for people to judge, with how often: a flip in a timestamp is a timestamp. A flip that no change shows is a lie, and
// the exit code is 1.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <random>
#include <set>
#include <string>

#include "artifact/compare_artifacts.hpp"

using namespace assay;

namespace {

std::string read(const char* name) {
  std::ifstream file{name, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

std::string identity(const Change& change) {
  return fmt::format("{}\n{}\n{}\n{}\n{}\n{}\n{}", change.path, change.place, static_cast<int>(change.aspect),
                     change.before, change.after, change.bytes, change.count);
}

std::string standing(const Comparison& comparison, const Change& change) {
  std::string place;
  for (const auto c : change.place)
    if (c < '0' || c > '9') place += c;
  const auto cause = change.cause ? comparison.causes[*change.cause].id : std::string{"-"};
  return fmt::format("{} [{}] {}: {} {}", change.path, place, to_string(change.aspect), to_string(change.standing),
                     cause);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const auto other = read(argv[2]);
  const int rounds = argc > 3 ? std::atoi(argv[3]) : 500;
  std::mt19937_64 random{argc > 4 ? std::strtoull(argv[4], nullptr, 10) : 1};
  artifact::CompareRequest request;
  request.before = argv[1];
  request.after = argv[2];
  request.jobs = 1;
  const auto plain = artifact::compare_artifacts(request);
  if (!plain || other.empty()) return 2;
  std::multiset<std::string> usual;
  for (const auto& change : plain->changes) usual.insert(identity(change));
  std::printf("%s: closed before any flip: %s\n", argv[2], plain->closed ? "yes" : "no");
  auto place = std::filesystem::temp_directory_path() / fmt::format("assay-closure-{}", ::getpid());
  std::filesystem::create_directories(place);
  request.after = place / std::filesystem::path{argv[2]}.filename();
  std::map<std::string, int> taken;
  int closed = 0;
  int hidden = 0;
  for (int round = 0; round < rounds; ++round) {
    auto flipped = other;
    const auto at = random() % flipped.size();
    const auto bit = random() % 8;
    flipped[at] = static_cast<char>(flipped[at] ^ (1 << bit));
    std::ofstream{request.after, std::ios::binary} << flipped;
    const auto comparison = artifact::compare_artifacts(request);
    if (!comparison) return 2;
    if (!comparison->closed) continue;
    ++closed;
    auto rest = usual;
    bool shown = false;
    for (const auto& change : comparison->changes) {
      if (const auto found = rest.find(identity(change)); found != rest.end()) {
        rest.erase(found);
        continue;
      }
      shown = true;
      ++taken[standing(*comparison, change)];
    }
    if (shown) continue;
    if (comparison->equal && plain->equal) continue;
    ++hidden;
    std::printf("  hidden: byte %zu, bit %zu%s\n", static_cast<std::size_t>(at), static_cast<std::size_t>(bit),
                rest.empty() ? "" : " (a change is gone)");
  }
  std::filesystem::remove_all(place);
  for (const auto& [what, times] : taken) std::printf("  %5d  %s\n", times, what.c_str());
  std::printf("  %d flips, %d left closed, %d of them hidden\n", rounds, closed, hidden);
  return hidden > 0 ? 1 : 0;
}
