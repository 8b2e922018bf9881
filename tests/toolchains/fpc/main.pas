{$mode objfpc}{$h+}
program main;

uses cthreads, classes, dateutils, sysutils, fpjson, jsonparser;

type
  TDoubler = class(TThread)
    Number: integer;
    procedure Execute; override;
  end;

procedure TDoubler.Execute;
begin
  Number := 2 * Number;
end;

var
  Word, Name: string;
  Lines: TStringList;
  Doubler: TDoubler;
begin
  Randomize;
  ReadLn(Word);
  Name := GetTempFileName;
  Lines := TStringList.Create;
  Lines.Add('{ "number": 21 }');
  Lines.SaveToFile(Name);
  Lines.Clear;
  Lines.LoadFromFile(Name);
  if (YearOf(Now) < 2020) or (Random(6) > 5) then Halt(1);
  Doubler := TDoubler.Create(true);
  Doubler.Number := GetJSON(Lines.Text).FindPath('number').AsInteger;
  Doubler.Start;
  Doubler.WaitFor;
  WriteLn(Word, ' ', Doubler.Number);
end.
