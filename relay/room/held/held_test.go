package held

import (
	"reflect"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
)

type node struct {
	next  *node
	name  string
	bytes []byte
	any   any
	byKey map[string]int
	list  []string
	array [4]byte
}

func TestATextIsFoundWhereverItIs(t *testing.T) {
	for _, c := range []struct {
		name string
		n    *node
		want []string
	}{
		{"nowhere", &node{name: "something", list: []string{"else"}}, nil},
		{"in a string", &node{name: "a secret b"}, []string{".name"}},
		{"in bytes", &node{bytes: []byte("secret")}, []string{".bytes"}},
		{"behind pointers", &node{next: &node{next: &node{name: "secret"}}}, []string{".next.next.name"}},
		{"in an interface", &node{any: []any{1, &node{name: "secret"}}}, []string{".any[].name"}},
		{"in a key", &node{byKey: map[string]int{"secret": 1}}, []string{".byKey[key]"}},
		{"in what was cut off a list", &node{list: []string{"a", "secret"}[:1]}, []string{".list[]"}},
		{"in what was cut off bytes", &node{bytes: []byte("a secret")[:1]}, []string{".bytes"}},
		{"not in what was deleted from a list", &node{list: slices.Delete([]string{"secret", "a"}, 0, 1)}, nil},
		{"not in a nil slice", &node{bytes: nil, array: [4]byte{'s', 'e', 'c'}}, nil},
	} {
		t.Run(c.name, func(t *testing.T) { assert.Equal(t, c.want, Texts(c.n, "secret")) })
	}
	assert.Empty(t, Texts(&node{name: "secret"}, "secret", reflect.TypeFor[node]().PkgPath()), "it looks away where it is told to")
	ring := &node{name: "secret"}
	ring.next = ring
	assert.Equal(t, []string{".name"}, Texts(ring, "secret"), "once, and it ends")
	assert.Equal(t, []string{".array"}, Texts(&node{array: [4]byte{'a', 's', 'e', 'c'}}, "sec"))
}
