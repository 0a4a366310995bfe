// libgit2, loaded when it is first called: see base/on_demand.hpp.
#include <git2.h>
#include <git2/sys/odb_backend.h>
#include <git2/sys/repository.h>

#include "base/on_demand.hpp"

#ifdef ASSAY_ON_DEMAND_LIBGIT2

namespace {
constexpr const char* k_library = ASSAY_ON_DEMAND_LIBGIT2;
}  // namespace

ASSAY_ON_DEMAND(git_commit_author);
ASSAY_ON_DEMAND(git_commit_committer);
ASSAY_ON_DEMAND(git_commit_free);
ASSAY_ON_DEMAND(git_commit_lookup);
ASSAY_ON_DEMAND(git_commit_message);
ASSAY_ON_DEMAND(git_commit_message_encoding);
ASSAY_ON_DEMAND(git_commit_parent_id);
ASSAY_ON_DEMAND(git_commit_parentcount);
ASSAY_ON_DEMAND(git_commit_time);
ASSAY_ON_DEMAND(git_commit_tree_id);
ASSAY_ON_DEMAND(git_config_free);
ASSAY_ON_DEMAND(git_config_new);
ASSAY_ON_DEMAND(git_error_last);
ASSAY_ON_DEMAND(git_graph_ahead_behind);
ASSAY_ON_DEMAND(git_graph_reachable_from_any);
ASSAY_ON_DEMAND(git_ignore_path_is_ignored);
ASSAY_ON_DEMAND(git_index_entry_is_conflict);
ASSAY_ON_DEMAND(git_index_entrycount);
ASSAY_ON_DEMAND(git_index_free);
ASSAY_ON_DEMAND(git_index_get_byindex);
ASSAY_ON_DEMAND(git_index_open);
ASSAY_ON_DEMAND(git_libgit2_init);
ASSAY_ON_DEMAND(git_libgit2_shutdown);
ASSAY_ON_DEMAND(git_mailmap_free);
ASSAY_ON_DEMAND(git_mailmap_from_buffer);
ASSAY_ON_DEMAND(git_mailmap_resolve);
ASSAY_ON_DEMAND(git_object_free);
ASSAY_ON_DEMAND(git_object_id);
ASSAY_ON_DEMAND(git_object_peel);
ASSAY_ON_DEMAND(git_object_type);
ASSAY_ON_DEMAND(git_odb_add_backend);
ASSAY_ON_DEMAND(git_odb_exists_ext);
ASSAY_ON_DEMAND(git_odb_exists_prefix);
ASSAY_ON_DEMAND(git_odb_free);
ASSAY_ON_DEMAND(git_odb_hash);
ASSAY_ON_DEMAND(git_odb_init_backend);
ASSAY_ON_DEMAND(git_odb_new);
ASSAY_ON_DEMAND(git_odb_object_data);
ASSAY_ON_DEMAND(git_odb_object_free);
ASSAY_ON_DEMAND(git_odb_object_size);
ASSAY_ON_DEMAND(git_odb_open_wstream);
ASSAY_ON_DEMAND(git_odb_read);
ASSAY_ON_DEMAND(git_odb_read_header);
ASSAY_ON_DEMAND(git_odb_stream_finalize_write);
ASSAY_ON_DEMAND(git_odb_stream_free);
ASSAY_ON_DEMAND(git_odb_stream_write);
ASSAY_ON_DEMAND(git_oid_cmp);
ASSAY_ON_DEMAND(git_oid_equal);
ASSAY_ON_DEMAND(git_reference_dwim);
ASSAY_ON_DEMAND(git_reference_free);
ASSAY_ON_DEMAND(git_reference_iterator_free);
ASSAY_ON_DEMAND(git_reference_iterator_new);
ASSAY_ON_DEMAND(git_reference_lookup);
ASSAY_ON_DEMAND(git_reference_name);
ASSAY_ON_DEMAND(git_reference_name_to_id);
ASSAY_ON_DEMAND(git_reference_next);
ASSAY_ON_DEMAND(git_reference_peel);
ASSAY_ON_DEMAND(git_reference_target);
ASSAY_ON_DEMAND(git_repository_free);
ASSAY_ON_DEMAND(git_repository_head);
ASSAY_ON_DEMAND(git_repository_is_shallow);
ASSAY_ON_DEMAND(git_repository_odb);
ASSAY_ON_DEMAND(git_repository_open_bare);
ASSAY_ON_DEMAND(git_repository_open_ext);
ASSAY_ON_DEMAND(git_repository_set_config);
ASSAY_ON_DEMAND(git_repository_set_workdir);
ASSAY_ON_DEMAND(git_repository_workdir);
ASSAY_ON_DEMAND(git_revparse_single);
ASSAY_ON_DEMAND(git_revwalk_free);
ASSAY_ON_DEMAND(git_revwalk_new);
ASSAY_ON_DEMAND(git_revwalk_next);
ASSAY_ON_DEMAND(git_revwalk_push);
ASSAY_ON_DEMAND(git_revwalk_sorting);
ASSAY_ON_DEMAND(git_tree_entry_byindex);
ASSAY_ON_DEMAND(git_tree_entry_filemode_raw);
ASSAY_ON_DEMAND(git_tree_entry_id);
ASSAY_ON_DEMAND(git_tree_entry_name);
ASSAY_ON_DEMAND(git_tree_entrycount);
ASSAY_ON_DEMAND(git_tree_free);
ASSAY_ON_DEMAND(git_tree_lookup);

#endif
