package report

import (
	"fmt"
	"os"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"

	"github.com/conclave-meet/conclave/e2e/bench/load"
)

// Plot draws CPU per packet and memory over the size of the room into a PNG: one publisher on the left, all to all on
// the right. It draws nothing where nothing was measured.
func (r *Run) Plot(file string) error {
	if len(r.Growth) == 0 {
		return nil
	}
	var rows [2][2]*plot.Plot
	for col, mesh := range []bool{false, true} {
		title, size := "one publisher", "receivers"
		if mesh {
			title, size = "all to all", "people"
		}
		var costs, sizes plotter.XYs
		for _, g := range r.Growth {
			if g.Pattern.Mesh == mesh {
				n := float64(g.Pattern.Clients())
				if !mesh {
					n = float64(g.Pattern.Receivers)
				}
				costs = append(costs, plotter.XY{X: n, Y: g.Result.Micros})
				sizes = append(sizes, plotter.XY{X: n, Y: g.Result.RSS})
			}
		}
		for row, points := range []plotter.XYs{costs, sizes} {
			p, err := curve(points)
			if err != nil {
				return err
			}
			p.X.Label.Text, p.Y.Label.Text = size, []string{"CPU, µs per packet", "memory, MB"}[row]
			if row == 0 {
				p.Title.Text = title
			}
			rows[row][col] = p
		}
	}
	return save(file, rows)
}

// curve draws points on a line. The axis of values begins at zero, so that what is flat looks flat.
func curve(points plotter.XYs) (*plot.Plot, error) {
	p := plot.New()
	p.Add(plotter.NewGrid())
	line, dots, err := plotter.NewLinePoints(points)
	if err != nil {
		return nil, fmt.Errorf("plot: %w", err)
	}
	p.Add(line, dots)
	p.X.Min, p.Y.Min = 0, 0
	p.Y.Max *= 1.15
	return p, nil
}

func save(file string, rows [2][2]*plot.Plot) error {
	const width, height = 20 * vg.Centimeter, 15 * vg.Centimeter
	img := vgimg.New(width, height)
	tiles := draw.Tiles{Rows: 2, Cols: 2, PadX: vg.Centimeter, PadY: vg.Centimeter / 2, PadTop: vg.Centimeter / 4, PadBottom: vg.Centimeter / 4, PadRight: vg.Centimeter / 2}
	canvases := plot.Align([][]*plot.Plot{rows[0][:], rows[1][:]}, tiles, draw.New(img))
	for i := range rows {
		for j, p := range rows[i] {
			p.Draw(canvases[i][j])
		}
	}
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	if _, err := (vgimg.PngCanvas{Canvas: img}).WriteTo(f); err != nil {
		_ = f.Close()
		return err
	}
	return f.Close()
}

// Sizes of rooms whose cost is plotted (issue 3, point 4).
func Sizes() []load.Pattern {
	var all []load.Pattern
	for _, n := range []int{10, 50, 100, 200} {
		all = append(all, load.Pattern{Publishers: 1, Receivers: n})
	}
	for _, n := range []int{5, 10, 20, 40} {
		all = append(all, load.Pattern{Publishers: n, Mesh: true})
	}
	return all
}
