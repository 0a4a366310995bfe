// libarchive, loaded when it is first called: see base/on_demand.hpp.
#include <archive.h>
#include <archive_entry.h>

#include "base/on_demand.hpp"

#ifdef ASSAY_ON_DEMAND_ARCHIVE

namespace {
constexpr const char* k_library = ASSAY_ON_DEMAND_ARCHIVE;
}  // namespace

ASSAY_ON_DEMAND(archive_entry_filetype);
ASSAY_ON_DEMAND(archive_entry_free);
ASSAY_ON_DEMAND(archive_entry_gid);
ASSAY_ON_DEMAND(archive_entry_hardlink);
ASSAY_ON_DEMAND(archive_entry_is_encrypted);
ASSAY_ON_DEMAND(archive_entry_mtime);
ASSAY_ON_DEMAND(archive_entry_new);
ASSAY_ON_DEMAND(archive_entry_pathname);
ASSAY_ON_DEMAND(archive_entry_perm);
ASSAY_ON_DEMAND(archive_entry_size);
ASSAY_ON_DEMAND(archive_entry_size_is_set);
ASSAY_ON_DEMAND(archive_entry_symlink);
ASSAY_ON_DEMAND(archive_entry_uid);
ASSAY_ON_DEMAND(archive_error_string);
ASSAY_ON_DEMAND(archive_filter_bytes);
ASSAY_ON_DEMAND(archive_read_data_block);
ASSAY_ON_DEMAND(archive_read_free);
ASSAY_ON_DEMAND(archive_read_header_position);
ASSAY_ON_DEMAND(archive_read_new);
ASSAY_ON_DEMAND(archive_read_next_header2);
ASSAY_ON_DEMAND(archive_read_open1);
ASSAY_ON_DEMAND(archive_read_set_callback_data);
ASSAY_ON_DEMAND(archive_read_set_read_callback);
ASSAY_ON_DEMAND(archive_read_set_seek_callback);
ASSAY_ON_DEMAND(archive_read_set_skip_callback);
ASSAY_ON_DEMAND(archive_read_support_format_7zip);
ASSAY_ON_DEMAND(archive_read_support_format_ar);
ASSAY_ON_DEMAND(archive_read_support_format_cab);
ASSAY_ON_DEMAND(archive_read_support_format_cpio);
ASSAY_ON_DEMAND(archive_read_support_format_iso9660);
ASSAY_ON_DEMAND(archive_read_support_format_tar);
ASSAY_ON_DEMAND(archive_read_support_format_zip_seekable);

#endif
