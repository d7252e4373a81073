package bot

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestReceiverReportsOfAllStreamsGoTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &reports{}
		var sent []rtcp.Packet
		w := r.BindRTCPWriter(interceptor.RTCPWriterFunc(func(list []rtcp.Packet, _ interceptor.Attributes) (int, error) {
			sent = append(sent, list...)
			return 0, nil
		}))
		for i := range 40 {
			_, err := w.Write([]rtcp.Packet{&rtcp.ReceiverReport{SSRC: uint32(i), Reports: []rtcp.ReceptionReport{{SSRC: uint32(100 + i)}}}}, nil)
			require.NoError(t, err)
		}
		time.Sleep(gatherTime)
		synctest.Wait()
		var of []uint32
		require.Len(t, sent, 2)
		for _, p := range sent {
			x := p.(*rtcp.ReceiverReport)
			assert.EqualValues(t, reporter, x.SSRC)
			assert.LessOrEqual(t, len(x.Reports), maxBlocks)
			for _, b := range x.Reports {
				of = append(of, b.SSRC)
			}
		}
		require.Len(t, of, 40)
		for i, ssrc := range of {
			assert.EqualValues(t, 100+i, ssrc)
		}

		sent = nil
		_, _ = w.Write([]rtcp.Packet{&rtcp.ReceiverReport{Reports: []rtcp.ReceptionReport{{SSRC: 7}}}}, nil)
		require.NoError(t, r.Close())
		time.Sleep(time.Second)
		assert.Empty(t, sent, "nothing goes out behind the end")
	})
}
