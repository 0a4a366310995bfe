// A directory for what a command makes on its way, which is gone when the command ends, however it ends.
#pragma once
#include <filesystem>
#include <thread>

#include "base/error.hpp"

namespace assay::cli {

class WorkPlace {
 public:
  /// Holds SIGINT, SIGTERM and SIGHUP back from every thread that is started afterwards: make it before any. When one of
  /// them comes, the temporary directory is removed and the program dies of it. (SIGKILL leaves the directory.)
  WorkPlace();
  ~WorkPlace();
  WorkPlace(const WorkPlace&) = delete;
  WorkPlace& operator=(const WorkPlace&) = delete;

  /// `wanted`, made if it is not there, which stays; or, if that is empty, a temporary directory. Once. Errors: it cannot be made.
  Result<std::filesystem::path> open(const std::filesystem::path& wanted);

 private:
  void wait_for_signal();

  std::filesystem::path m_temporary;
  std::thread m_thread;
};

}  // namespace assay::cli
