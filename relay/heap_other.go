//go:build !linux

package main

// growHeap does nothing: huge pages are asked for on Linux only.
func growHeap() {}
