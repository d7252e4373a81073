// Package server starts the servers that are measured, each alone on one core, with nothing that would reach beyond
// loopback: no STUN, no TURN, no lookups, no statistics sent anywhere. They run with their own defaults otherwise.
package server
