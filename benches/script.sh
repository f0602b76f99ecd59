#!/bin/bash
# What people run today: sops, kubectl and helm, a loop and a wait. Measured beside `eggtooth up`; see benches/run.
#
# Usage: script.sh PROJECT CHARTS      KUBECONFIG, SOPS_AGE_KEY_FILE and PATH are set
set -euo pipefail
project=$1 charts=$2
secrets=$(sops decrypt --output-type json "$project/bootstrap/secrets/production.sops.yaml")
field() { python3 -c 'import json,sys; print(json.load(sys.stdin)["connect"][sys.argv[1]], end="")' "$1" <<< "$secrets"; }

apply() { kubectl apply --server-side --force-conflicts -f - > /dev/null; }
for namespace in external-secrets onepassword; do
    kubectl create namespace "$namespace" --dry-run=client -o yaml | apply
done
kubectl create secret generic op-credentials -n onepassword --dry-run=client -o yaml \
    --from-file=1password-credentials.json=<(field credentials) | apply
kubectl create secret generic onepassword-token -n onepassword --dry-run=client -o yaml \
    --from-file=token=<(field token) | apply

helm upgrade --install external-secrets "$charts/external-secrets-2.9.0.tgz" -n external-secrets --wait > /dev/null
helm upgrade --install connect "$charts/connect-2.4.1.tgz" -n onepassword --wait > /dev/null

store() {
    cat <<YAML
apiVersion: external-secrets.io/v1
kind: ClusterSecretStore
metadata: { name: onepassword }
spec:
  provider:
    onepassword:
      connectHost: http://onepassword-connect.onepassword.svc:8080
      vaults: { production: 1 }
      auth: { secretRef: { connectTokenSecretRef: { name: onepassword-token, namespace: onepassword, key: token } } }
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: { name: onepassword-canary, namespace: external-secrets }
spec:
  secretStoreRef: { kind: ClusterSecretStore, name: onepassword }
  data: [{ secretKey: value, remoteRef: { key: canary, property: password } }]
YAML
}
until store | kubectl apply --server-side --force-conflicts -f - > /dev/null 2>&1; do sleep 0.2; done
kubectl wait clustersecretstore/onepassword --for=condition=Ready --timeout=120s > /dev/null
kubectl wait externalsecret/onepassword-canary -n external-secrets --for=condition=Ready --timeout=120s > /dev/null
value=$(kubectl get secret onepassword-canary -n external-secrets -o 'jsonpath={.data.value}' | base64 -d)
[ "$value" = chirp ]
