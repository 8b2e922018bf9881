using System.Text;
using Sandbox.Cli;
using Sandbox.Server.Handover;
using Xunit;

namespace Sandbox.Tests.Server;

public sealed class HandoverProtocolTests
{
    [Fact]
    public void A_request_is_read_as_it_was_sent()
    {
        var request = Read(Message(1, "/work", "{}"));
        var other = Read(Message(2, "/work", "{}", "/work/sub/result", 6));

        Assert.Equal((true, false, "/work", "{}", null), (request!.Value.IsPretty, request.Value.IsNamedFromDirectory, request.Value.Directory, Encoding.UTF8.GetString(request.Value.Job.Span), request.Value.ResultFile));
        Assert.Equal((false, true, new NamedResult("/work/sub/result", "sub/result"), "{}"), (other!.Value.IsPretty, other.Value.IsNamedFromDirectory, other.Value.ResultFile!.Value, Encoding.UTF8.GetString(other.Value.Job.Span)));
    }

    [Fact]
    public void What_is_half_a_request_is_none()
    {
        var whole = Message(0, "/work", "{ }", "/result");

        Assert.All(Enumerable.Range(0, whole.Length), length => Assert.Null(Read(whole[..length])));
    }

    [Theory]
    [InlineData(8, 4u)]
    [InlineData(12, 0u)]
    [InlineData(12, 4096u)]
    [InlineData(12, uint.MaxValue)]
    [InlineData(16, 0u)]
    [InlineData(16, 1025u)]
    [InlineData(16, uint.MaxValue)]
    [InlineData(20, 4096u)]
    [InlineData(20, uint.MaxValue)]
    [InlineData(24, 1u)]
    [InlineData(24, uint.MaxValue)]
    [InlineData(0, 0x41414141u)]
    public void A_length_or_a_word_that_is_none_ends_the_reading_before_anything_is_allocated(int offset, uint value)
    {
        var message = Message(0, "/work", "{}");
        BitConverter.TryWriteBytes(message.AsSpan(offset), value);
        var taken = 0;

        Assert.Null(HandoverProtocol.Read(buffer => Fill(message, ref taken, buffer), 1024));
        Assert.Equal(28, taken);
    }

    [Theory]
    [InlineData("work")]
    [InlineData("/a\0b")]
    public void A_path_that_is_not_absolute_is_refused(string path)
    {
        Assert.Null(Read(Message(0, path, "{}")));
        Assert.Null(Read(Message(0, "/work", "{}", path)));
    }

    [Fact]
    public void A_directory_that_is_no_text_is_refused()
    {
        var message = Message(0, "/work", "{}");
        message[30] = 0xff;

        Assert.Null(Read(message));
    }

    [Fact]
    public void Damaged_requests_are_read_or_refused_and_nothing_else()
    {
        var random = new Random(12);
        for (var round = 0; round < 20_000; round++)
        {
            var message = Message(0, "/work", "{ \"command\": [] }");
            for (var damage = random.Next(1, 5); damage > 0; damage--)
            {
                message[random.Next(message.Length)] = (byte)random.Next(256);
            }

            if (Read(message[..random.Next(message.Length + 1)]) is { } request)
            {
                Assert.StartsWith("/", request.Directory, StringComparison.Ordinal);
                Assert.InRange(request.Job.Length, 1, 1024);
            }
        }
    }

    [Fact]
    public void The_exit_status_is_that_of_a_job_without_a_server() =>
        Assert.All(Enum.GetValues<Verdict>(), static verdict => Assert.Equal(ExitStatus.Of(verdict), HandoverProtocol.StatusOf(verdict)));

    private static HandoverRequest? Read(byte[] message)
    {
        var taken = 0;
        return HandoverProtocol.Read(buffer => Fill(message, ref taken, buffer), 1024);
    }

    private static bool Fill(byte[] message, ref int taken, Memory<byte> buffer)
    {
        if (message.Length - taken < buffer.Length)
        {
            return false;
        }

        message.AsMemory(taken, buffer.Length).CopyTo(buffer);
        taken += buffer.Length;
        return true;
    }

    private static byte[] Message(uint flags, string directory, string job, string result = "", uint given = 0)
    {
        var (path, file) = (Encoding.UTF8.GetBytes(directory), Encoding.UTF8.GetBytes(result));
        return [.. "SBXEXEC2"u8, .. BitConverter.GetBytes(flags), .. BitConverter.GetBytes(path.Length), .. BitConverter.GetBytes(job.Length), .. BitConverter.GetBytes(file.Length), .. BitConverter.GetBytes(given), .. path, .. file, .. Encoding.UTF8.GetBytes(job)];
    }
}
