using System.Text.Json;
using Sandbox.Hashing;
using Sandbox.Text;

namespace Sandbox.Jobs;

/// <summary>Writes <c>mounts</c>; the reverse of <see cref="MountReader"/>.</summary>
internal static class MountWriter
{
    public static void WriteMounts(Utf8JsonWriter json, IReadOnlyList<Mount> mounts)
    {
        if (mounts.Count == 0)
        {
            return;
        }

        json.WriteStartArray("mounts");
        foreach (var mount in mounts)
        {
            json.WriteStartObject();
            WriteMount(json, mount);
            WriteTrue(json, "noexec", mount.NoExec);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>A switch whose default is off.</summary>
    public static void WriteTrue(Utf8JsonWriter json, string name, bool value)
    {
        if (value)
        {
            json.WriteBoolean(name, true);
        }
    }

    private static void WriteMount(Utf8JsonWriter json, Mount mount)
    {
        switch (mount)
        {
            case BindMount bind:
                WriteSource(json, "bind", bind.Source, bind.Target);
                WriteTrue(json, "writable", bind.Writable);
                WriteTrue(json, "optional", bind.Optional);
                break;
            case OverlayMount overlay:
                WriteSource(json, "overlay", overlay.Source, overlay.Target);
                if (overlay.Upper is { } upper)
                {
                    json.WriteString("upper", upper);
                }

                break;
            case VolumeMount volume:
                WriteSource(json, "volume", volume.Name, volume.Target);
                WriteTrue(json, "readOnly", volume.ReadOnly);
                WriteTrue(json, "create", volume.Create);
                if (!volume.Copy)
                {
                    json.WriteBoolean("copy", false);
                }

                break;
            case StoredMount stored:
                WriteSource(json, "bind", ObjectName.Prefix + stored.Sha256, stored.Target);
                break;
            case SymlinkMount symlink:
                WriteSource(json, "symlink", symlink.Source, symlink.Target);
                break;
            case TmpfsMount tmpfs:
                WriteTmpfs(json, tmpfs);
                break;
        }
    }

    private static void WriteSource(Utf8JsonWriter json, string type, string source, string target)
    {
        json.WriteString("type", type);
        json.WriteString("source", source);
        json.WriteString("target", target);
    }

    private static void WriteTmpfs(Utf8JsonWriter json, TmpfsMount tmpfs)
    {
        json.WriteString("type", "tmpfs");
        json.WriteString("target", tmpfs.Target);
        if (tmpfs.SizeBytes is { } size)
        {
            json.WriteString("size", Quantity.SizeWord(size));
        }

        if (tmpfs.Inodes is { } inodes)
        {
            json.WriteNumber("inodes", inodes);
        }
    }
}
