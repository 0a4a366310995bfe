// libgit2, loaded when it is first called: see base/on_demand.hpp.
#include <git2.h>
#include <git2/sys/odb_backend.h>
#include <git2/sys/repository.h>

#include "base/on_demand.hpp"

#ifdef ASSAY_ON_DEMAND_LIBGIT2

namespace {
constexpr const char* k_library = ASSAY_ON_DEMAND_LIBGIT2;
}  // namespace

ASSAY_ON_DEMAND(git_config_free);
ASSAY_ON_DEMAND(git_config_new);
ASSAY_ON_DEMAND(git_error_last);
ASSAY_ON_DEMAND(git_ignore_path_is_ignored);
ASSAY_ON_DEMAND(git_libgit2_init);
ASSAY_ON_DEMAND(git_libgit2_shutdown);
ASSAY_ON_DEMAND(git_mailmap_free);
ASSAY_ON_DEMAND(git_mailmap_from_buffer);
ASSAY_ON_DEMAND(git_mailmap_resolve);
ASSAY_ON_DEMAND(git_object_free);
ASSAY_ON_DEMAND(git_object_id);
ASSAY_ON_DEMAND(git_odb_add_backend);
ASSAY_ON_DEMAND(git_odb_backend_loose);
ASSAY_ON_DEMAND(git_odb_backend_pack);
ASSAY_ON_DEMAND(git_odb_free);
ASSAY_ON_DEMAND(git_odb_hash);
ASSAY_ON_DEMAND(git_odb_init_backend);
ASSAY_ON_DEMAND(git_odb_new);
ASSAY_ON_DEMAND(git_odb_open_wstream);
ASSAY_ON_DEMAND(git_odb_stream_finalize_write);
ASSAY_ON_DEMAND(git_odb_stream_free);
ASSAY_ON_DEMAND(git_odb_stream_write);
ASSAY_ON_DEMAND(git_repository_free);
ASSAY_ON_DEMAND(git_repository_open_bare);
ASSAY_ON_DEMAND(git_repository_set_config);
ASSAY_ON_DEMAND(git_repository_set_odb);
ASSAY_ON_DEMAND(git_repository_set_workdir);
ASSAY_ON_DEMAND(git_revparse_single);

#endif
