package lookup_test
import ("testing";"fmt";"strings")
func TestZZ(t *testing.T){
 for _, e := range []string{
 `^(?:a-d|\w+)+x$`, `^(?:\w+|a-d)+x$`, `^(?:a-d|\w+)*$`, `^(?:pg-eu|\w+)*_prod$`, `^(?:aws-default|\w+)+x$`, `^(?:a_d|[a-z]+)+$`, `^(?:aws-default|[a-z]+)+_prod$`,`^(a)?(?(1)(b+)+c|d)$`,
 `^(?:etl-one-two-three|pg-eu-west|\w+)*_prod$`,`^(?:aws-default|gcp-default|[a-z0-9]+)+_prod$`,`^(?:aws-default|gcp-default|[a-z0-9]+|x-y-z-q)+_prod$`,
 `^(?:my/long/path/name|\w+/?)+_prod$`,
 strings.Repeat("(?:a?",600)+strings.Repeat(")",600)+"+$",`(?:`+strings.Repeat("a?",600)+`)+$`, strings.Repeat(`(\w+_?)*`,220), strings.Repeat(`(\w+_?)*`,220)+"$",
 strings.Repeat("(",5)+"a"+strings.Repeat("{1,3})",5)+"$",
 strings.Repeat("(",16)+"a"+strings.Repeat("{1,3})",16)+"$", strings.Repeat("(?:",16)+"a"+strings.Repeat("){1,3}",16)+"$", strings.Repeat("(",16)+"a"+strings.Repeat("{1,3})",16)+"x", strings.Repeat("(",8)+"a"+strings.Repeat("{1,3})",8)+"x",`^(\w+)(\w+)(\w+)(\w+)(\w+)(\w+)-`,
 } { f,ok:=runawayOf(e); if len(e)>60 {e=e[:60]}; fmt.Println(e,ok,f.ID,f.Instead) }
}
