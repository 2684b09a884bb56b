# SPDX-License-Identifier: GPL-2.0
# Content and invariant 1, conservation: the guest hibernates with batches in
# flight, and is what it was when the image has been read back.
set -eu

. "$vm/while-loaded.sh"

until_resumed()
{
	says hibernate @resumed 2
}

truncate -s 1G "$sockets/swap"
export MEM=768 DEVICES="-drive if=none,id=swap,file=$sockets/swap,format=raw
	-device virtio-blk-pci,drive=swap"
while_loaded hibernate until_resumed suspend-under-load.sh disk
echo "hibernated and resumed twice"
