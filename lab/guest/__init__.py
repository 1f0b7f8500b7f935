"""What runs inside the VM. These files travel in the initramfs, below /run/lab in the VM."""
