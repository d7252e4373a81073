package main

import (
	"runtime/debug"

	"golang.org/x/sys/unix"
)

// hugeHeap is how much of the heap is asked for in huge pages, in bytes: more than what a relay with hundreds of people
// uses.
const hugeHeap = 64 << 20

// growHeap has the system back the heap with huge pages (2 MB). Each time that packets wake the relay, the processor has
// to find again where all lies that they touch; with pages of 4 kB that was a quarter of what a packet cost in a meeting
// (docs/performance.md). Linux gives huge pages to those who ask (madvise in /sys/kernel/mm/transparent_hugepage/enabled;
// with always it does so unasked, and with never nothing changes).
//
// The runtime grows the heap piece by piece and does not ask. So the heap is grown here at once, by an object that is never
// touched, and therefore takes no memory; what is allocated from then on lies where it was.
func growHeap() {
	_ = unix.Madvise(make([]byte, hugeHeap), unix.MADV_HUGEPAGE) // a system that cannot goes on as before
	debug.FreeOSMemory()
}
