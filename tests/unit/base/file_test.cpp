#include "base/file.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <sstream>

#include "support/catch.hpp"
#include "support/run.hpp"
#include "support/temp_dir.hpp"

using namespace assay;
using assay::test::TempDir;

namespace {

std::string content_of(const std::filesystem::path& path) {
  std::ifstream in{path, std::ios::binary};
  std::ostringstream all;
  all << in.rdbuf();
  return all.str();
}

std::size_t entries_in(const std::filesystem::path& directory) {
  return static_cast<std::size_t>(
      std::distance(std::filesystem::directory_iterator{directory}, std::filesystem::directory_iterator{}));
}

/// Makes every write beyond `bytes` fail, as a full disk would, while it lives.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) {
    ::getrlimit(RLIMIT_FSIZE, &m_before);
    m_handler = std::signal(SIGXFSZ, SIG_IGN);
    const rlimit now{bytes, m_before.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &now);
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;
  ~FullDisk() {
    ::setrlimit(RLIMIT_FSIZE, &m_before);
    std::signal(SIGXFSZ, m_handler);
  }

 private:
  rlimit m_before{};
  void (*m_handler)(int) = nullptr;
};

}  // namespace

TEST_CASE("file: a file is read whole, and one byte above the limit is refused", "[base][file]") {
  const TempDir dir;
  const auto path = dir.write("data", std::string(100'000, 'x'));
  CHECK(read_file(path, 100'000)->size() == 100'000);
  const auto refused = read_file(path, 99'999);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::limit);
  CHECK(read_file(dir.write("empty", ""), 0)->empty());
}

TEST_CASE("file: what is no regular file is refused without waiting for it", "[base][file][hostile]") {
  const TempDir dir;
  CHECK(open_regular(dir.path()).error().message == "is a directory, a file was expected");
  const auto fifo = dir.path() / "fifo";
  REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  CHECK(open_regular(fifo).error().code == ErrorCode::usage);
  CHECK(open_regular("/dev/null").error().message == "is not a regular file");
  CHECK(open_regular(dir.path() / "absent").error().code == ErrorCode::not_found);
}

TEST_CASE("file: the descriptor closes with its owner and moves with it", "[base][file]") {
  const TempDir dir;
  auto first = open_regular(dir.write("data", "x"));
  REQUIRE(first);
  const int number = first->get();
  CHECK((::fcntl(number, F_GETFD) & FD_CLOEXEC) != 0);
  {
    UniqueFd second = *std::move(first);
    CHECK(second.get() == number);
    UniqueFd third;
    third = std::move(second);
    CHECK(::fcntl(number, F_GETFD) >= 0);
  }
  CHECK(::fcntl(number, F_GETFD) == -1);
}

TEST_CASE("file: writing replaces the whole file and leaves nothing else behind", "[base][file]") {
  const TempDir dir;
  const auto path = dir.write("report.json", "old and longer than the new one");
  REQUIRE(write_file_whole(path, "new"));
  CHECK(content_of(path) == "new");
  CHECK(entries_in(dir.path()) == 1);
}

TEST_CASE("file: a new file gets the mode that the umask leaves", "[base][file]") {
  const TempDir dir;
  const auto before = ::umask(027);
  const auto written = write_file_whole(dir.path() / "report", "x");
  ::umask(before);
  REQUIRE(written);
  struct stat info {};
  REQUIRE(::stat((dir.path() / "report").c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0640);
}

TEST_CASE("file: on a full disk the old file stays as it was", "[base][file]") {
  const TempDir dir;
  const auto path = dir.write("report.json", "old");
  Result<void> outcome;
  {
    const FullDisk full{4096};
    outcome = write_file_whole(path, std::string(100'000, 'n'));
  }
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().where == path.string());
  CHECK_FALSE(outcome.error().remedy.empty());
  CHECK(content_of(path) == "old");
  CHECK(entries_in(dir.path()) == 1);
}

TEST_CASE("file: writing into a directory that is not there fails and names the file", "[base][file]") {
  const TempDir dir;
  const auto outcome = write_file_whole(dir.path() / "absent" / "report", "x");
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().code == ErrorCode::not_found);
}

TEST_CASE("file: writing to a device writes to it and does not replace it", "[base][file]") {
  const TempDir dir;
  const auto fifo = dir.path() / "pipe";
  REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  const UniqueFd reader{::open(fifo.c_str(), O_RDONLY | O_NONBLOCK)};
  REQUIRE(reader);
  REQUIRE(write_file_whole(fifo, "through the pipe"));
  char buffer[64];
  CHECK(::read(reader.get(), buffer, sizeof buffer) == 16);
  CHECK(std::filesystem::is_fifo(fifo));
  CHECK(entries_in(dir.path()) == 1);
  CHECK_FALSE(write_file_whole(dir.path(), "a directory"));
}

TEST_CASE("file: writing to a symbolic link writes to what it names", "[base][file]") {
  const TempDir dir;
  const auto target = dir.write("target", "old");
  std::filesystem::create_symlink("target", dir.path() / "link");
  REQUIRE(write_file_whole(dir.path() / "link", "new"));
  CHECK(std::filesystem::is_symlink(dir.path() / "link"));
  CHECK(content_of(target) == "new");
}

TEST_CASE("file: a mapping shows the file, an empty file an empty view", "[base][file]") {
  const TempDir dir;
  auto mapped = MappedFile::open(dir.write("data", "mapped bytes"));
  REQUIRE(mapped);
  CHECK(as_text(mapped->bytes()) == "mapped bytes");
  MappedFile moved = *std::move(mapped);
  CHECK(as_text(moved.bytes()) == "mapped bytes");
  CHECK(MappedFile::open(dir.write("empty", ""))->bytes().empty());
  CHECK_FALSE(MappedFile::open(dir.path()));
}
