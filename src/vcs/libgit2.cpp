#include "vcs/libgit2.hpp"

#include <git2.h>

#include <algorithm>
#include <stdexcept>

#include "base/on_demand.hpp"
#include "vcs/object_store.hpp"

namespace assay::vcs {

namespace {

/// git_libgit2_opts() takes "...", which a function that is loaded on demand cannot have in its place.
auto options_of_libgit2() {
#ifdef ASSAY_ON_DEMAND_LIBGIT2
  return reinterpret_cast<decltype(&git_libgit2_opts)>(function_on_demand(ASSAY_ON_DEMAND_LIBGIT2, "git_libgit2_opts"));
#else
  return &git_libgit2_opts;
#endif
}

}  // namespace

Libgit2::Libgit2() {
  if (git_libgit2_init() < 0) throw std::runtime_error{"libgit2 cannot be initialised"};
  const auto set = options_of_libgit2();
  for (const auto level :
       {GIT_CONFIG_LEVEL_SYSTEM, GIT_CONFIG_LEVEL_GLOBAL, GIT_CONFIG_LEVEL_XDG, GIT_CONFIG_LEVEL_PROGRAMDATA})
    set(GIT_OPT_SET_SEARCH_PATH, static_cast<int>(level), "");
  // Ownership guards against configuration being honoured; we honour none.
  set(GIT_OPT_SET_OWNER_VALIDATION, 0);
  set(GIT_OPT_ENABLE_STRICT_HASH_VERIFICATION, 1);
  constexpr ssize_t k_cache_size = 32 << 20;
  set(GIT_OPT_SET_CACHE_MAX_SIZE, k_cache_size);
}

Libgit2::~Libgit2() {
  git_libgit2_shutdown();
}

namespace {

/// As little as hashing takes: it is done on several threads at once, where settings must not be made.
struct Initialised {
  Initialised() {
    if (git_libgit2_init() < 0) throw std::runtime_error{"libgit2 cannot be initialised"};
  }
  ~Initialised() { git_libgit2_shutdown(); }
  Initialised(const Initialised&) = delete;
  Initialised& operator=(const Initialised&) = delete;
};

}  // namespace

GitOid collision_detecting_id(ObjectType type, ByteView content) {
  const Initialised library;
  const auto kind = type == ObjectType::commit ? GIT_OBJECT_COMMIT
                    : type == ObjectType::tag  ? GIT_OBJECT_TAG
                    : type == ObjectType::tree ? GIT_OBJECT_TREE
                                               : GIT_OBJECT_BLOB;
  git_oid raw{};
  return git_odb_hash(&raw, content.data(), content.size(), kind) == 0 ? from_libgit2(raw) : GitOid{};
}

GitOid from_libgit2(const git_oid& raw) noexcept {
  GitOid oid;
  std::copy_n(raw.id, 20, oid.bytes.begin());
  return oid;
}

}  // namespace assay::vcs
