package pyre
import ("testing";"fmt";"strings")
func TestZZ(t *testing.T){
 e:=`(?:`+strings.Repeat("a?",600)+`)+$`
 p,_:=Compile(e)
 id:=strings.Repeat("a",62)+"b"
 fmt.Println(p.MatchWithin(id,1<<23))
 h:=hunterOf(t,e)
 fmt.Println(h.tree.isWhole(), h.recalls, h.counts,len(p.code),p.rows)
 fmt.Println(emit(h.tree,0,false).MatchWithin(id,1<<23))
}
