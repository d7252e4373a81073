// Package held looks through everything that a value holds, for tests that say what the relay does not keep.
package held

import (
	"reflect"
	"slices"
	"strings"
)

// Texts returns the paths of all strings and byte slices in x that contain part. It follows pointers, looks into
// unexported fields, and into the memory behind the end of slices, where what was removed may still lie. It cannot see
// into channels and closures, nor what is garbage, and it passes over the structs of the packages but, by their import
// paths. Nobody may change x meanwhile.
func Texts(x any, part string, but ...string) []string {
	w := walk{part: part, but: but, seen: map[uintptr][]reflect.Type{}}
	w.value(reflect.ValueOf(x), "")
	return w.found
}

type walk struct {
	part  string
	but   []string
	found []string
	seen  map[uintptr][]reflect.Type // a struct and its first field have one address
}

func (w *walk) value(v reflect.Value, path string) {
	switch v.Kind() {
	case reflect.String:
		w.text(v.String(), path)
	case reflect.Pointer:
		if !v.IsNil() && w.first(v) {
			w.value(v.Elem(), path)
		}
	case reflect.Interface:
		if !v.IsNil() {
			w.value(v.Elem(), path)
		}
	case reflect.Struct:
		if slices.Contains(w.but, v.Type().PkgPath()) {
			return
		}
		for i := range v.NumField() {
			w.value(v.Field(i), path+"."+v.Type().Field(i).Name)
		}
	case reflect.Map:
		for it := v.MapRange(); it.Next(); {
			w.value(it.Key(), path+"[key]")
			w.value(it.Value(), path+"[]")
		}
	case reflect.Slice:
		if v.Cap() > 0 {
			w.list(v.Slice(0, v.Cap()), path)
		}
	case reflect.Array:
		w.list(v, path)
	}
}

func (w *walk) list(v reflect.Value, path string) {
	if v.Type().Elem().Kind() == reflect.Uint8 {
		b := make([]byte, v.Len())
		for i := range b {
			b[i] = byte(v.Index(i).Uint())
		}
		w.text(string(b), path)
		return
	}
	for i := range v.Len() {
		w.value(v.Index(i), path+"[]")
	}
}

func (w *walk) text(s, path string) {
	if strings.Contains(s, w.part) {
		w.found = append(w.found, path)
	}
}

// first reports whether the pointer v was not followed before.
func (w *walk) first(v reflect.Value) bool {
	for _, t := range w.seen[v.Pointer()] {
		if t == v.Type() {
			return false
		}
	}
	w.seen[v.Pointer()] = append(w.seen[v.Pointer()], v.Type())
	return true
}
