-- natural
select * from (select id, dept from staff) a natural join (select id, sal from staff where id<3) b order by id
----
same

-- using
select id, a.sal, b.sal from staff a left join (select id, sal from staff where id>3) b using (id) order by id
----
same

-- full_using
select id, x.v, y.v from (values (1,'a'),(2,'b')) x(id,v) full join (values (2,'B'),(3,'C')) y(id,v) using (id) order by id
----
same

-- full_using_star
select * from (values (1,'a'),(2,'b')) x(id,v) full join (values (2,'B'),(3,'C')) y(id,w) using (id) full join (values (3,true)) z(id,k) using (id) order by id
----
same

-- values_join
select e.id, v.x from staff e join (values (1,'one'),(2,'two')) v(id,x) on v.id=e.id order by 1
----
same

-- cross3
select count(*) from staff a, staff b, sample c where a.id=b.id and b.id=c.id
----
same

-- join_nest
select a.id, b.id, c.id from staff a left join (staff b join sample c on b.id=c.id and c.i4>0) on a.id=b.mgr order by 1,2,3
----
same

-- right_join
select a.id, b.id from (select * from staff where id<3) a right join sample b on a.id=b.id order by 2
----
same

-- full_ineq
select a.id, b.id from staff a full join sample b on a.id=b.id and a.id<3 order by 1,2
----
same
