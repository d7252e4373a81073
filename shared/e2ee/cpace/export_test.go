package cpace

// The steps that the published vectors name.
var (
	GeneratorString = generatorString
	Generator       = generator
	MapToCurve      = mapToCurve
)

// Wiped tells whether nothing is left of the scalar.
func (s *State) Wiped() bool { return s.scalar == [PointSize]byte{} }
