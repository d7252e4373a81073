package conf

func (*OpenRoom) event()     {}
func (*Home) event()         {}
func (*SetName) event()      {}
func (*Join) event()         {}
func (*Leave) event()        {}
func (*Rejoin) event()       {}
func (*Mic) event()          {}
func (*Cam) event()          {}
func (*SetDevice) event()    {}
func (*RetryDevices) event() {}
func (*ShareScreen) event()  {}
func (*Say) event()          {}
func (*ChatSeen) event()     {}
func (*Hand) event()         {}
func (*SignIn) event()       {}
func (*SignOut) event()      {}
func (*Enrol) event()        {}

func (*CryptoPassphrase) event() {}
func (*CryptoOn) event()         {}
func (*CryptoOthers) event()     {}
func (*CryptoChange) event()     {}
func (*CryptoUnlock) event()     {}
func (*CryptoAccept) event()     {}

func (Booted) event()        {}
func (Tick) event()          {}
func (Viewport) event()      {}
func (LinkUp) event()        {}
func (LinkDown) event()      {}
func (Received) event()      {}
func (Offered) event()       {}
func (Answered) event()      {}
func (PeerState) event()     {}
func (Captured) event()      {}
func (CaptureFailed) event() {}
func (TrackEnded) event()    {}
func (Shared) event()        {}
func (ShareFailed) event()   {}
func (DeviceList) event()    {}
func (APIResult) event()     {}
func (CryptoAble) event()    {}
func (CryptoReport) event()  {}
func (CryptoFailed) event()  {}

func (Connect) effect()    {}
func (Disconnect) effect() {}
func (Send) effect()       {}
func (MakeOffer) effect()  {}
func (SetAnswer) effect()  {}
func (ClosePeer) effect()  {}
func (Bind) effect()       {}
func (Capture) effect()    {}
func (Release) effect()    {}
func (Transmit) effect()   {}
func (Encode) effect()     {}
func (StartShare) effect() {}
func (SetSpeaker) effect() {}
func (CallAPI) effect()    {}
func (Store) effect()      {}
func (Tell) effect()       {}

func (OpenCrypto) effect()  {}
func (TellCrypto) effect()  {}
func (CloseCrypto) effect() {}
func (KeyFrame) effect()    {}
