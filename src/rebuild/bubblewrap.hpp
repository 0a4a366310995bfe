// The command line of bubblewrap(1) for a sandbox, and who its processes are to the kernel.
#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "rebuild/sandbox.hpp"

namespace assay::rebuild {

inline constexpr unsigned k_nobody = 65534;

std::optional<std::filesystem::path> find_bubblewrap();

/// Who the processes of the sandbox are to the kernel. The limit on processes does not bind root, whatever it calls itself in a
/// namespace of its own.
enum class Identity {
  caller,         ///< the user's own
  nobody,         ///< root gives up being root before it starts bubblewrap
  nobody_within,  ///< root starts bubblewrap, because only root gets to what it must show, and gives up after that
};

Identity identity_for(const SandboxRequest& request);

/// The words of bubblewrap's command line, and the descriptors it shall inherit.
class CommandLine {
 public:
  /// Without a sandbox: the shell alone, in the environment that was asked for.
  explicit CommandLine(const SandboxRequest& request);
  /// `info`: the descriptor on which bubblewrap says who its child is. `filter`: that of a seccomp filter, or -1.
  /// `first_file`: that of the first of the request's files, the others follow.
  CommandLine(const std::filesystem::path& bubblewrap, const SandboxRequest& request, Identity identity, int info,
              int filter, int first_file);
  /// For execve(2); as long as this object.
  std::vector<char*> pointers();

 private:
  template <typename... Words>
  void add(Words&&... words) {
    (m_words.emplace_back(std::forward<Words>(words)), ...);
  }
  void add_identity(const SandboxRequest& request, bool within);
  void add_directory_of(const std::string& place);
  void add_system(const std::filesystem::path& root);
  void add_system_paths(const SandboxRequest& request);

  std::vector<std::string> m_words;
};

}  // namespace assay::rebuild
