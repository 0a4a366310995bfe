// libsquashfs, loaded when it is first called: see base/on_demand.hpp.
#include <sqfs/compressor.h>
#include <sqfs/data_reader.h>
#include <sqfs/dir_reader.h>
#include <sqfs/id_table.h>
#include <sqfs/inode.h>
#include <sqfs/super.h>

#include "base/on_demand.hpp"

#ifdef ASSAY_ON_DEMAND_SQUASHFS

namespace {
constexpr const char* k_library = ASSAY_ON_DEMAND_SQUASHFS;
}  // namespace

ASSAY_ON_DEMAND(sqfs_compressor_config_init);
ASSAY_ON_DEMAND(sqfs_compressor_create);
ASSAY_ON_DEMAND(sqfs_data_reader_create);
ASSAY_ON_DEMAND(sqfs_data_reader_load_fragment_table);
ASSAY_ON_DEMAND(sqfs_data_reader_read);
ASSAY_ON_DEMAND(sqfs_dir_reader_create);
ASSAY_ON_DEMAND(sqfs_dir_reader_get_inode);
ASSAY_ON_DEMAND(sqfs_dir_reader_get_root_inode);
ASSAY_ON_DEMAND(sqfs_dir_reader_open_dir);
ASSAY_ON_DEMAND(sqfs_dir_reader_read);
ASSAY_ON_DEMAND(sqfs_free);
ASSAY_ON_DEMAND(sqfs_id_table_create);
ASSAY_ON_DEMAND(sqfs_id_table_index_to_id);
ASSAY_ON_DEMAND(sqfs_id_table_read);
ASSAY_ON_DEMAND(sqfs_inode_get_file_size);
ASSAY_ON_DEMAND(sqfs_super_read);

#endif
