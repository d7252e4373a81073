// Package adapter speaks the signalling of each server that is measured, as package load's clients need it: Conclave
// ([NewConclave]), LiveKit ([NewLiveKit]) and Janus's video room ([NewJanus]). Nothing else differs between them.
package adapter
