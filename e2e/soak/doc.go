// Package soak holds a meeting that goes on for minutes: twenty native bots and two browsers, all to all, with the relay
// as a process of its own. It looks for what short tests cannot see: pictures that freeze, memory and goroutines that
// grow, layers that are sent for nobody. It runs only when CONCLAVE_SOAK says for how long (make soak).
package soak
