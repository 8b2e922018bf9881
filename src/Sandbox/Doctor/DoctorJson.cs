using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Sandbox.Host;

namespace Sandbox.Doctor;

/// <summary>The report for programs: <c>sandbox doctor --json</c>.</summary>
internal static class DoctorJson
{
    /// <summary>Writes the report as one object.</summary>
    public static void Write(IBufferWriter<byte> to, HostReport report, bool pretty)
    {
        using var json = new Utf8JsonWriter(to, Options(pretty));
        json.WriteStartObject();
        json.WriteString("schema", "sandbox.doctor/1");
        json.WriteBoolean("ready", report.Ready);
        json.WriteString("kernel", report.Facts.KernelRelease);
        json.WriteNumber("uid", report.Facts.Uid);
        json.WriteString("container", ContainerName(report.Facts.Container));
        json.WriteNumber("wsl", report.Facts.WslVersion);
        json.WriteStartArray("rungs");
        foreach (var rung in report.Rungs)
        {
            WriteRung(json, rung);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    // Fixes are commands to copy: quotes and ampersands stay themselves. The output is not for web pages.
    private static JsonWriterOptions Options(bool pretty) =>
        new() { Indented = pretty, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static void WriteRung(Utf8JsonWriter json, HostRung rung)
    {
        json.WriteStartObject();
        json.WriteString("name", rung.Name);
        json.WriteString("state", rung.State switch
        {
            RungState.Ok => "ok",
            RungState.Degraded => "degraded",
            _ => "missing",
        });
        json.WriteBoolean("required", rung.Required);
        json.WriteString("detail", rung.Detail);
        json.WriteString("loses", rung.State == RungState.Ok ? "" : rung.Loses);
        json.WriteString("blocker", rung.Remedy?.Blocker);
        json.WriteString("fix", rung.Remedy?.Fix);
        json.WriteEndObject();
    }

    private static string? ContainerName(ContainerKind container) => container switch
    {
        ContainerKind.None => null,
        ContainerKind.Docker => "docker",
        ContainerKind.Podman => "podman",
        ContainerKind.Kubernetes => "kubernetes",
        ContainerKind.Lxc => "lxc",
        ContainerKind.Nspawn => "systemd-nspawn",
        _ => "other",
    };
}
