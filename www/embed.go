// Package www carries the built site into the relay. Everything else in this folder is TypeScript and styles.
package www

import "embed"

// Dist holds the folder dist, which "make site" fills: index.html and assets, each also compressed (.br, .gz). In a
// checkout that was not built it is empty.
//
//go:embed all:dist
var Dist embed.FS
