package notify

import "bouncehound"

// Count tells a meter of every attempt from now on. It is to be called before Run and
// Deliver.
func (s *Sender) Count(m bouncehound.Meter) { s.meter = m }

// counted tells the meter what came of an attempt. One that was cut off by our own end
// counts for nothing.
func (s *Sender) counted(f fate) {
	if result, ok := map[fate]string{taken: "taken", refused: "refused", held: "held", gone: "gone"}[f]; ok && s.meter != nil {
		s.meter.Delivery(s.name, result)
	}
}
