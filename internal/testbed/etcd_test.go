package testbed

import "testing"

func TestEtcdKeepsItsDataOverACrash(t *testing.T) {
	e := StartEtcd(t, EtcdConfig{})
	client := e.Client()
	if _, err := client.Put(t.Context(), "key", "value"); err != nil {
		t.Fatal(err)
	}
	e.Members[0].Kill()
	e.Members[0].Restart(t)
	got, err := client.Get(t.Context(), "key")
	if err != nil || len(got.Kvs) != 1 || string(got.Kvs[0].Value) != "value" {
		t.Fatalf("after a crash the key is %v, %v, want its value", got, err)
	}
}

func TestTruthCountsWhatIsCertain(t *testing.T) {
	w := Scenario{}.Start(t)
	w.Put("web", 1)
	w.PutLeased("web", 2)
	w.PutMany([]string{"web", "db"}, 3, 5)
	w.Delete("web", 3)
	want := []string{w.Address("web", 1), w.Address("web", 4)}
	if got := w.Truth("web"); len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("the truth is %q, want %q", got, want)
	}
}
