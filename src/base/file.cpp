#include "base/file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <random>

#include "base/text.hpp"

namespace assay {

UniqueFd& UniqueFd::operator=(UniqueFd&& other) noexcept {
  if (this != &other) {
    reset();
    m_fd = std::exchange(other.m_fd, -1);
  }
  return *this;
}

void UniqueFd::reset() noexcept {
  if (m_fd >= 0) ::close(m_fd);
  m_fd = -1;
}

Result<UniqueFd> open_regular(const std::filesystem::path& path) {
  // O_NONBLOCK so that a FIFO put in our way cannot hang the open; it has no effect on regular files.
  UniqueFd fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
  if (!fd) return errno_error("open", path.string());
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return errno_error("stat", path.string());
  if (S_ISDIR(info.st_mode))
    return Error{ErrorCode::usage, "is a directory, a file was expected", path.string(),
                 "name a file in it; assay scan and assay compare take directories"};
  if (!S_ISREG(info.st_mode))
    return Error{ErrorCode::usage, "is not a regular file", path.string(),
                 "write it to a file first: it may have to be read more than once"};
  return fd;
}

Result<Bytes> read_file(const std::filesystem::path& path, std::uint64_t max_size) {
  ASSAY_TRY(const UniqueFd fd, open_regular(path));
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return errno_error("stat", path.string());
  Bytes content;
  content.reserve(
      static_cast<std::size_t>(std::min<std::uint64_t>(static_cast<std::uint64_t>(info.st_size), max_size)));
  std::uint8_t buffer[65536];
  for (;;) {
    const auto got = ::read(fd.get(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno_error("read", path.string());
    if (got == 0) return content;
    if (content.size() + static_cast<std::size_t>(got) > max_size)
      return Error{ErrorCode::limit, fmt::format("is larger than {} bytes", max_size), path.string(), {}};
    content.insert(content.end(), buffer, buffer + got);
  }
}

namespace {

Result<void> write_all(const UniqueFd& fd, std::string_view content, const std::string& where) {
  std::size_t written = 0;
  while (written < content.size()) {
    const auto count = ::write(fd.get(), content.data() + written, content.size() - written);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno_error("write", where);
    written += static_cast<std::size_t>(count);
  }
  return {};
}

/// Fill the new file `fd`, lying at `temporary`, and put it in the place of `path`.
Result<void> fill_and_rename(const UniqueFd& fd, std::string_view content, const std::string& temporary,
                             const std::string& path) {
  ASSAY_TRY_VOID(write_all(fd, content, path));
  if (::fsync(fd.get()) != 0) return errno_error("write", path);
  if (::rename(temporary.c_str(), path.c_str()) != 0) return errno_error("rename into", path);
  return {};
}

/// Like mkostemp(3), but with the mode that any new file gets.
UniqueFd make_temporary(std::string& name) {
  constexpr int k_attempts = 100;
  const auto stem = name;
  for (int attempt = 0; attempt < k_attempts; ++attempt) {
    name = fmt::format("{}.{:08x}", stem, std::random_device{}());
    UniqueFd fd{::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666)};
    if (fd || errno != EEXIST) return fd;
  }
  return {};
}

Result<void> replace_file(const std::filesystem::path& path, std::string_view content) {
  auto temporary = path.string();
  const auto fd = make_temporary(temporary);
  if (!fd) {
    auto error = errno_error("create", path.string());
    error.remedy = "make the directory writable, or choose another place with -o";
    if (error.code != ErrorCode::not_found) return error;
    error.message = fmt::format("the directory {} does not exist", escape_for_display(path.parent_path().string()));
    error.remedy = "make the directory, or choose another place with -o";
    return error;
  }
  auto outcome = fill_and_rename(fd, content, temporary, path.string());
  if (!outcome) {
    outcome.error().remedy = "nothing was written; free space or choose another place with -o";
    ::unlink(temporary.c_str());
  }
  return outcome;
}

}  // namespace

Result<void> write_file_whole(const std::filesystem::path& path, std::string_view content) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return replace_file(path, content);
  if (S_ISDIR(info.st_mode)) return Error{ErrorCode::usage, "is a directory, a file was expected", path.string(), {}};
  if (!S_ISREG(info.st_mode)) {
    // A pipe or /dev/null must be written to: a rename would put a regular file in its place.
    const UniqueFd fd{::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY)};
    if (!fd) return errno_error("open", path.string());
    return write_all(fd, content, path.string());
  }
  // Through a symbolic link, so that the link stays and its target is replaced.
  std::error_code unresolved;
  const auto target = std::filesystem::canonical(path, unresolved);
  return replace_file(unresolved ? path : target, content);
}

Result<MappedFile> MappedFile::open(const std::filesystem::path& path) {
  ASSAY_TRY(const UniqueFd fd, open_regular(path));
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return errno_error("stat", path.string());
  MappedFile file;
  if (info.st_size == 0) return file;
  file.m_size = static_cast<std::size_t>(info.st_size);
  file.m_data = ::mmap(nullptr, file.m_size, PROT_READ, MAP_PRIVATE, fd.get(), 0);
  if (file.m_data == MAP_FAILED) {
    file.m_data = nullptr;
    return errno_error("map", path.string());
  }
  return file;
}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(m_data, other.m_data);
  std::swap(m_size, other.m_size);
  return *this;
}

MappedFile::~MappedFile() {
  if (m_data != nullptr) ::munmap(m_data, m_size);
}

}  // namespace assay
