{{/* To the vLLM servers of every pool: by namespace and port, or by address where pools list URLs. */}}
{{- define "warmlane.engineEgress" -}}
{{- range (include "warmlane.settings" . | fromYaml).pools }}
{{- with .kubernetes }}
- ports:
    {{- if regexMatch "^[0-9]+$" (toString .port) }}
    - port: {{ .port | int }}
    {{- else }}
    {{- range $.Values.networkPolicy.enginePorts }}
    - port: {{ . }}
    {{- end }}
    {{- end }}
  to:
    - namespaceSelector:
        matchLabels:
          kubernetes.io/metadata.name: {{ default $.Release.Namespace .namespace | quote }}
{{- end }}
{{- range .endpoints }}
{{- include "warmlane.urlEgress" . }}
{{- end }}
{{- end }}
{{- end -}}

{{/* To one URL, maybe with a role behind it. A host name may be anywhere, so there only the port is held. */}}
{{- define "warmlane.urlEgress" -}}
{{- $url := trim . | regexFind "^[^ ]+" | urlParse -}}
{{- $port := regexFind ":[0-9]+$" $url.host | trimPrefix ":" -}}
{{- $host := trimSuffix (printf ":%s" $port) $url.host | trimPrefix "[" | trimSuffix "]" }}
- ports:
    - port: {{ default (ternary "443" "80" (eq $url.scheme "https")) $port | int }}
  {{- if regexMatch "^[0-9.]+$" $host }}
  to:
    - ipBlock:
        cidr: {{ $host }}/32
  {{- else if contains ":" $host }}
  to:
    - ipBlock:
        cidr: {{ $host }}/128
  {{- end }}
{{- end -}}
