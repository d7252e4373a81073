// Package estimate finds out how much a receiver's downlink can take, from the receiver's own reports on what came and
// when: congestion control on the sending side, of the class of Google's (draft-ietf-rmcat-gcc-02). It is pure: time and
// packets come in.
//
// # How it is found out
//
// Each packet gets a transport-wide sequence number and is noted in a [History]. The receiver reports on all numbers
// (draft-holmer-rmcat-transport-wide-cc-extensions-01, [Feedback]), and an [Estimator] concludes:
//
//   - delay: when packets take longer and longer, a queue is filling up. A line through the last delays has a slope; one
//     above a threshold that adapts to the path's own noise means too much is sent. The rate becomes a part of what came
//     through, and from there rises again, slowly near the place of the last fall.
//   - loss: together with a queue it means the same. Without one it is the nature of the path (radio), unless sending less
//     makes it less.
//   - probes: what was never sent cannot be known to fit. A [Cluster] of packets in quick succession shows what the path
//     can do, when more is wanted than is known to fit: by doubling, so that a path is neither flooded nor held low.
//   - silence: without reports nothing is known, and the rate falls until they come again.
//
// [Estimator.Limited] tells a limit that was met from a rate beyond which nothing was tried: only the former is a reason
// to take a picture from somebody.
//
// [Bucket] spreads what is sent over a path with a known limit.
package estimate
