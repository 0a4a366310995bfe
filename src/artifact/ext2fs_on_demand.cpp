// libext2fs, loaded when it is first called: see base/on_demand.hpp.
#include <ext2fs/ext2fs.h>

#include "base/on_demand.hpp"

#ifdef ASSAY_ON_DEMAND_EXT2FS

namespace {
constexpr const char* k_library = ASSAY_ON_DEMAND_EXT2FS;
}  // namespace

ASSAY_ON_DEMAND(ext2fs_block_bitmap_csum_verify);
ASSAY_ON_DEMAND(ext2fs_block_bitmap_loc);
ASSAY_ON_DEMAND(ext2fs_block_iterate3);
ASSAY_ON_DEMAND(ext2fs_bmap2);
ASSAY_ON_DEMAND(ext2fs_dir_iterate2);
ASSAY_ON_DEMAND(ext2fs_file_close);
ASSAY_ON_DEMAND(ext2fs_file_open);
ASSAY_ON_DEMAND(ext2fs_file_read);
ASSAY_ON_DEMAND(ext2fs_free);
ASSAY_ON_DEMAND(ext2fs_group_desc_csum_verify);
ASSAY_ON_DEMAND(ext2fs_inode_bitmap_csum_verify);
ASSAY_ON_DEMAND(ext2fs_inode_bitmap_loc);
ASSAY_ON_DEMAND(ext2fs_inode_table_loc);
ASSAY_ON_DEMAND(ext2fs_open2);
ASSAY_ON_DEMAND(ext2fs_read_inode);
ASSAY_ON_DEMAND(ext2fs_xattrs_close);
ASSAY_ON_DEMAND(ext2fs_xattrs_iterate);
ASSAY_ON_DEMAND(ext2fs_xattrs_open);
ASSAY_ON_DEMAND(ext2fs_xattrs_read);

#endif
