package policy_test

import (
	"fmt"

	"github.com/airflowsecrets/airflowsecrets/lookup/tune/policy"
)

// The list has the names of secrets, such as Backend.List gives. The caller reads the first two.
func ExampleNew() {
	list := []string{"airflow/connections/pg_a", "airflow/connections/pg_b", "airflow/connections/mail"}
	var exist []policy.Secret
	for _, name := range list {
		exist = append(exist, policy.ParseSecret(name))
	}
	p, err := policy.New(policy.Needs{Secrets: exist[:2]}, policy.Config{
		Form: policy.Prefixes, Region: "eu-west-1", Account: "123456789012", Exists: exist,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(p.Documents[0])
	fmt.Println(p.Grants[0])
	// Output:
	// {
	//   "Version": "2012-10-17",
	//   "Statement": [
	//     {
	//       "Sid": "ReadSecrets",
	//       "Effect": "Allow",
	//       "Action": "secretsmanager:GetSecretValue",
	//       "Resource": [
	//         "arn:aws:secretsmanager:eu-west-1:123456789012:secret:airflow/connections/pg_*"
	//       ]
	//     }
	//   ]
	// }
	// 2 secrets; also every secret created under it later
}

func ExampleMatch() {
	fmt.Println(policy.Match("pg-??????", "pg-AbCdEf"), policy.Match("pg-??????", "pg-data-AbCdEf"))
	// Output:
	// true false
}
