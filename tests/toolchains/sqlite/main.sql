create table answers (word text, number integer);
insert into answers values ('žluťoučký', 21);
