#include "rebuild/sandbox.hpp"

#include <unistd.h>

#include "base/file.hpp"
#include "rebuild/export.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

using namespace assay;
using namespace assay::rebuild;

namespace {

struct Sandboxed {
  SandboxOutcome outcome;
  std::string products;
  std::vector<std::string> status;
};

/// Run a script; nothing if no sandbox can be made here.
std::optional<Sandboxed> run(const std::string& script, SandboxLimits limits = {},
                             const std::function<void(SandboxRequest&)>& change = {}) {
  const auto input = temporary_file(), output = temporary_file();
  REQUIRE(input);
  REQUIRE(output);
  Sandboxed run;
  SandboxRequest request;
  request.script = "echo ready >&3\n" + script;
  request.input = input->get();
  request.output = output->get();
  request.limits = limits;
  request.environment = {{"PATH", "/usr/bin:/bin"}};
  request.on_status = [&](std::string_view line) { run.status.emplace_back(line); };
  if (change) change(request);
  auto outcome = run_in_sandbox(request);
  if (!outcome) {
    WARN("no sandbox here: " << outcome.error().message);
    return std::nullopt;
  }
  run.outcome = std::move(*outcome);
  std::string buffer(1 << 16, '\0');
  const auto got = ::pread(output->get(), buffer.data(), buffer.size(), 0);
  run.products = buffer.substr(0, static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  return run;
}

}  // namespace

TEST_CASE("sandbox: products, log and status come out apart", "[rebuild][sandbox]") {
  const auto done = run("echo product; echo said >&2; echo done >&3");
  if (!done) return;
  CHECK(done->outcome.end == SandboxEnd::finished);
  CHECK(done->outcome.exit_code == 0);
  CHECK(done->products == "product\n");
  CHECK(done->outcome.log == "said\n");
  CHECK(done->status == std::vector<std::string>{"ready", "done"});
}

TEST_CASE("sandbox: more products than allowed stop it", "[rebuild][sandbox][hostile]") {
  SandboxLimits limits;
  limits.output = 1 << 16;
  const auto done = run("yes", limits);
  if (!done) return;
  CHECK(done->outcome.end == SandboxEnd::too_much_output);
}

TEST_CASE("sandbox: memory of all processes together is bounded", "[rebuild][sandbox][hostile]") {
  SandboxLimits limits;
  limits.memory = 64ULL << 20;
  limits.time = std::chrono::seconds{30};
  const auto done =
      run("for i in 1 2 3 4; do perl -e 'my $x = \"a\" x 30_000_000; sleep 20' & done; wait; echo done >&3", limits);
  if (!done) return;
  CHECK((done->outcome.end == SandboxEnd::too_much_memory || done->outcome.end == SandboxEnd::finished));
  CHECK(done->outcome.wall < std::chrono::seconds{25});
}

TEST_CASE("sandbox: time runs out", "[rebuild][sandbox][hostile]") {
  SandboxLimits limits;
  limits.time = std::chrono::seconds{1};
  const auto done = run("trap '' TERM INT HUP; while :; do sleep 60; done", limits);
  if (!done) return;
  CHECK(done->outcome.end == SandboxEnd::timed_out);
  CHECK(done->outcome.wall < std::chrono::seconds{10});
}

TEST_CASE("sandbox: an end without the last word is told apart from success", "[rebuild][sandbox][hostile]") {
  const auto done = run("kill -KILL $$");
  if (!done) return;
  CHECK(done->outcome.end == SandboxEnd::killed);
}

TEST_CASE("sandbox: it sees no home, no network and no other process", "[rebuild][sandbox]") {
  const auto done =
      run("ls / | tr '\\n' ' '; ls /home /root 2>/dev/null; grep -c : /proc/net/dev; ls -d /proc/[0-9]* | wc -l; id "
          "-u; echo done >&3");
  if (!done) return;
  CHECK(done->products.find("home") == std::string::npos);
  CHECK(done->products.find("root") == std::string::npos);
  CHECK(done->products.find(" 1\n") != std::string::npos);  // the loopback device alone
  CHECK(done->products.ends_with("1000\n"));
}

TEST_CASE("sandbox: place, identity, host name, processors and files are as asked for", "[rebuild][sandbox]") {
  const auto done = run("pwd; id -u; id -g; uname -n; nproc; uname -r | cut -d. -f1-2; cat /etc/passwd; echo done >&3",
                        {}, [](SandboxRequest& request) {
                          request.work = "/srv/elsewhere";
                          request.uid = 1234;
                          request.gid = 4321;
                          request.hostname = "other";
                          request.processors = 1;
                          request.personality = 0x0020000;  // UNAME26
                          request.files = {{"/etc/passwd", "someone:x:1234:4321::/:/bin/sh\n"}};
                        });
  if (!done) return;
  CHECK(done->products == "/srv/elsewhere\n1234\n4321\nother\n1\n2.6\nsomeone:x:1234:4321::/:/bin/sh\n");
}
