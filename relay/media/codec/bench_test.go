package codec

import "testing"

// A packet is parsed once, and filtered for each receiver.
func BenchmarkParse(b *testing.B) {
	for _, name := range scalable {
		list, read := infos(b, name)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			var d Dependencies
			var i Info
			for n := 0; b.Loop(); n++ {
				p := &list[n%len(list)]
				i.Parse(read[0].Kind, p.payload)
				if read[0].Kind == AV1 {
					d.Parse(p.descriptor, &i)
				}
			}
		})
	}
}

func BenchmarkFilter(b *testing.B) {
	for _, name := range scalable {
		list, read := infos(b, name)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			var f Filter
			for n := 0; b.Loop(); n++ {
				k := n % len(list)
				if k == 0 {
					f.Begin(&read[0], list[0].ts, Full)
				}
				f.Take(&read[k], list[k].ts, Point{1, 1})
			}
		})
	}
}
