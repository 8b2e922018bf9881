using System.Text.Json;

namespace Sandbox.Jobs;

/// <summary>What a job did with block devices and what it waited for; absent where the kernel does not tell.</summary>
internal static class ActivityWriter
{
    public static void WriteIo(Utf8JsonWriter json, IoUsage? io)
    {
        if (io is null)
        {
            return;
        }

        json.WriteStartObject("io");
        json.WriteNumber("readBytes", io.ReadBytes);
        json.WriteNumber("writtenBytes", io.WrittenBytes);
        json.WriteNumber("reads", io.Reads);
        json.WriteNumber("writes", io.Writes);
        json.WriteEndObject();
    }

    public static void WritePressure(Utf8JsonWriter json, PressureUsage? pressure)
    {
        if (pressure is null)
        {
            return;
        }

        json.WriteStartObject("pressure");
        json.WriteMilliseconds("cpuMs", pressure.Cpu);
        json.WriteMilliseconds("memoryMs", pressure.Memory);
        json.WriteMilliseconds("ioMs", pressure.Io);
        json.WriteEndObject();
    }
}
