// The rules of `provenance`, by name, for the code that reports them.
#pragma once
#include "model/finding.hpp"

namespace assay::provenance {

extern const Rule k_contradicted_serial;
extern const Rule k_contradicted_version;
extern const Rule k_sha1_collision;
extern const Rule k_unexplained_binary_code;
extern const Rule k_unexplained_build_file;
extern const Rule k_unexplained_source;
extern const Rule k_unexplained_data;
extern const Rule k_unexplained_text;
extern const Rule k_moved_into_build;
extern const Rule k_made_executable;
extern const Rule k_missing_from_build;
extern const Rule k_lost_executable;
extern const Rule k_lost_reading;
extern const Rule k_writable_by_all;
extern const Rule k_shared_file;
extern const Rule k_no_top_directory;
extern const Rule k_empty_directory;
extern const Rule k_lfs_pointer;
extern const Rule k_link_changed;
extern const Rule k_malformed;
extern const Rule k_life_cycle_changed;
extern const Rule k_generated_injected;
extern const Rule k_poor_fit;
extern const Rule k_part_of_repository;
extern const Rule k_other_version;
extern const Rule k_several_tags;
extern const Rule k_kept_out_but_there;
extern const Rule k_go_module;
extern const Rule k_go_module_mismatch;

}  // namespace assay::provenance
